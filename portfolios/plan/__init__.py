"""The financial plan as a document: inputs to sections (`content`), sections to a PDF (`pdf`)."""
