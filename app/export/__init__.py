"""Writes results as files to go on working with: DOCX, XLSX and Markdown. A library loads when one is written."""
