"""The main window: docks, toolbar, actions, status bar."""
