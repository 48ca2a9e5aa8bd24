import purgecss from "@fullhuman/postcss-purgecss";
import { defineConfig } from "vite";

// Of the style sheet only what some page names goes out: a phone on a weak signal loads it before the first roll.
const pages = purgecss({
  content: ["../templates/**/*.html", "../{organisation,students,casework,accountability,reports}/**/*.py", "./*.js"],
  safelist: ["success", "error", "warning", "info", "debug"],
  variables: true,
});

// What every page needs, the roll, and letters on paper or on a guardian's phone. Names carry hashes; Django finds them by the manifest.
export default defineConfig({
  base: "/static/",
  css: { postcss: { plugins: [pages] } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["app.js", "roll.js", "style.css", "letter.css"] },
  },
});
