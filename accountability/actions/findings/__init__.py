"""Findings (F50–F54, F58, F59): one verb per function, each with its own conditions; nothing is changed, only added."""
