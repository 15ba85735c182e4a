"""What the report's page is made of: axes and figures as text in Python; template, style and script as package data."""
