"""What stands around every page: top bar, status line, jobs tray."""
