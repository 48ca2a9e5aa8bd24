import { defineConfig } from "vite";

// Two entries: what every page needs, and the roll. Names carry hashes; Django finds them by the manifest.
export default defineConfig({
  base: "/static/",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["app.js", "roll.js", "style.css"] },
  },
});
