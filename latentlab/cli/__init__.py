"""The command line: the same options and the same code as the window, without Qt."""
