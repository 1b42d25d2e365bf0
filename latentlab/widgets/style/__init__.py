"""The look of everything: colours, icons, stylesheet."""
