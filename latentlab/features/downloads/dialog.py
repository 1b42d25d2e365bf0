"""The well-known data sets that can be downloaded, and how far each is."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.features.downloads.controller import DownloadController, Offer
from latentlab.widgets.style.section import Card, label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.meter import Meter


class _OfferRow(QWidget):
    """One set: what it is, a bar while it is downloaded, and one button."""

    def __init__(self, offer: Offer, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = offer.name
        self.setObjectName(f"offer_{offer.name}")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.addWidget(label(offer.title), 0, 0)
        self._state = label(tone="muted", size="small")
        grid.addWidget(self._state, 1, 0)
        self._meter = Meter(self.tr("Downloaded part of {}").format(offer.title), theme)
        grid.addWidget(self._meter, 2, 0)
        self.button = QPushButton()
        self.button.setAccessibleDescription(offer.title)
        grid.addWidget(self.button, 0, 1, 2, 1)

    def render_offer(self, offer: Offer, downloading: str) -> None:
        """Show how far a set is."""
        what = self.tr("{0:,} images · {1}").format(offer.num_images, offer.licence)
        size_mb, done_mb = offer.num_bytes / 1e6, offer.done_bytes / 1e6
        is_mine = downloading == self.name
        self._meter.setVisible(is_mine)
        self._meter.set_share(offer.done_bytes / max(1, offer.num_bytes), "")
        if offer.is_here:
            state = self.tr("is here")
        elif is_mine or offer.done_bytes:
            state = self.tr("{0:.1f} of {1:.1f} MB").format(done_mb, size_mb)
        else:
            state = self.tr("{:.1f} MB").format(size_mb)
        self._state.setText(f"{what} · {state}")
        if offer.is_here:
            text, tip = self.tr("Open"), self.tr("Open {} in the window")
        elif is_mine:
            text, tip = self.tr("Cancel"), self.tr("Stop downloading {}; what is there is kept")
        elif offer.done_bytes:
            text, tip = self.tr("Go on"), self.tr("Download the rest of {} from the internet")
        else:
            text, tip = self.tr("Download"), self.tr("Download {} from the internet")
        self.button.setText(text)
        self.button.setToolTip(tip.format(offer.title))
        self.button.setEnabled(offer.is_here or is_mine or not downloading)


class DownloadsDialog(QDialog):
    """Stays open beside the window; nothing is downloaded before its button is pressed."""

    openRequested = Signal(str)
    """A set that is here should be opened; its name."""

    def __init__(
        self, downloads: DownloadController, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._downloads = downloads
        self.setObjectName("downloads_dialog")
        self.setWindowTitle(self.tr("Well-known data sets"))
        self.setModal(False)
        self.setMinimumWidth(460)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(
            label(
                self.tr(
                    "These do not come with LatentLab. They are downloaded when you ask for them, "
                    "checked against their published checksums, and kept in the program’s folder."
                ),
                tone="muted",
                wrap=True,
            )
        )
        card = Card()
        self._rows = [_OfferRow(offer, theme) for offer in downloads.offers()]
        for row in self._rows:
            row.button.clicked.connect(partial(self._act, row.name))
            card.add(row)
        column.addWidget(card)
        column.addStretch(1)
        downloads.changed.connect(self._render)
        self._render()

    @Slot()
    def _act(self, name: str) -> None:
        offer = next(one for one in self._downloads.offers() if one.name == name)
        if offer.is_here:
            self.openRequested.emit(name)
        elif self._downloads.downloading == name:
            self._downloads.cancel()
        else:
            self._downloads.download(name)

    @Slot()
    def _render(self) -> None:
        offers = {offer.name: offer for offer in self._downloads.offers()}
        for row in self._rows:
            row.render_offer(offers[row.name], self._downloads.downloading)
