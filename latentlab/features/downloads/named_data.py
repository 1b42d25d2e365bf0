"""Opens what has a name: bundled data and models, and the well-known sets to download."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from latentlab.features.downloads.controller import DownloadController
from latentlab.features.downloads.dialog import DownloadsDialog
from latentlab.widgets.style.theme import Theme
from latentlab.workspace.session_controller import SessionController


class NamedData(QObject):
    """The slots of the menu's names.

    Parameters
    ----------
    session, downloads
        Who opens and who downloads.
    theme
        Whose colours are used.
    window
        Above which the list of downloads is shown; owner.
    """

    def __init__(
        self,
        session: SessionController,
        downloads: DownloadController,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._downloads = downloads
        self._theme = theme
        self._window = window
        self._dialog: DownloadsDialog | None = None

    @Slot()
    def open_digits(self) -> None:
        """Open the bundled digits."""
        self._session.open_path("digits")

    @Slot()
    def open_emoji(self) -> None:
        """Open the bundled emoji."""
        self._session.open_path("emoji")

    @Slot()
    def open_shapes(self) -> None:
        """Draw shapes and open them."""
        self._session.open_path("shapes")

    @Slot()
    def open_digits_vae(self) -> None:
        """Open the bundled variational autoencoder."""
        self._session.open_path("digits-vae")

    @Slot()
    def open_digits_denoiser(self) -> None:
        """Open the bundled denoising autoencoder."""
        self._session.open_path("digits-denoiser")

    @Slot()
    def show_downloads(self) -> None:
        """List the sets that can be downloaded; the list is made when it is first wanted."""
        if self._dialog is None:
            self._dialog = DownloadsDialog(self._downloads, self._theme, self._window)
            self._dialog.openRequested.connect(self._session.open_path)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
