"""VIEW: which plane through a code of many numbers the map shows, and what it keeps of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from latentlab.base.errors import UsageError
from latentlab.features.view.controller import NUM_PICKED, ViewController
from latentlab.latent.code_units import is_measured, number_name
from latentlab.latent.planes.axis_plane import AxisPlane
from latentlab.latent.planes.fidelity import fidelity
from latentlab.latent.planes.image_plane import ImagePlane
from latentlab.latent.planes.pca_plane import PcaPlane
from latentlab.latent.planes.plane import ranked_axes
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.images.image_strip import ImageStrip
from latentlab.widgets.style.section import Card, label, section_title
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.still_label import StillLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.map_view import MapView
from latentlab.workspace.session import Session

_AXES, _PCA, _IMAGES = range(3)
_MOST_AXES = 128  # in a list; more than anybody reads
_FIDELITY_EVERY_MS = 250
_OFF_PLANE = 1e-3  # of a code number, from which on the cursor counts as beside the plane


class ViewPanel(QWidget):
    """Chooses the plane that the map shows; hidden for codes of two numbers or fewer."""

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        map_view: MapView,
        view: ViewController,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("view_panel")
        self._session = session
        self._explorer = explorer
        self._map_view = map_view
        self._view = view
        self._built_for: object = None
        self._shown_type: type | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(9)
        layout.addWidget(section_title(self.tr("View")))
        self._card = Card()
        layout.addWidget(self._card)
        self._make_choice()
        self._make_axes()
        self._make_images()
        self._make_facts(theme)
        session.modelChanged.connect(self._on_model_changed)
        map_view.planeChanged.connect(self._on_plane_changed)
        map_view.pickedChanged.connect(self._on_picked)
        explorer.zChanged.connect(Coalesced(self._render_sentence, self).schedule)
        # What is measured over the data may wait; the hand may not.
        self._measure = Coalesced(self._render_fidelity, self, _FIDELITY_EVERY_MS)
        map_view.planeChanged.connect(self._measure.schedule)
        map_view.codesChanged.connect(self._measure.schedule)
        self._on_model_changed()

    # --- construction --------------------------------------------------------------------------

    def _make_choice(self) -> None:
        self._kind = FlatComboBox()
        self._kind.setObjectName("view_kind")
        self._kind.addItems([self.tr("Two axes"), self.tr("PCA plane"), self.tr("Three images")])
        self._kind.setToolTip(
            self.tr(
                "Two axes: two numbers of the code, the others as they are at the cursor. PCA "
                "plane: where the codes vary most; off it they follow the images nearest on it and "
                "fade to the plane itself far from them. Three images: the flat plane through "
                "their codes."
            )
        )
        self._kind.setAccessibleName(self.tr("Plane that the map shows"))
        self._kind.activated.connect(self._choose_kind)
        title = label(self.tr("Plane"))
        title.setBuddy(self._kind)
        self._card.add_row(title, self._kind)

    def _make_axes(self) -> None:
        self._axes = QWidget()
        column = QVBoxLayout(self._axes)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._across, self._up = FlatComboBox(), FlatComboBox()
        rows = (
            (self._across, "view_across", self.tr("Across →")),
            (self._up, "view_up", self.tr("Up ↑")),
        )
        for combo, name, text in rows:
            combo.setObjectName(name)
            combo.setAccessibleName(text)
            combo.setToolTip(self.tr("Code numbers, those that say most about the images first"))
            combo.activated.connect(self._choose_axes)
            title = label(text)
            title.setBuddy(combo)
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(title)
            row.addStretch(1)
            row.addWidget(combo)
            column.addLayout(row)
        self._card.add(self._axes)

    def _make_images(self) -> None:
        self._images = QWidget()
        column = QVBoxLayout(self._images)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(6)
        self._strip = ImageStrip(self.tr("Image of the plane"), NUM_PICKED)
        self._strip.setObjectName("picked_images")
        self._strip.setFixedWidth(self._strip.sizeHint().width())
        self._hint = label(tone="muted", size="small", wrap=True)
        self._hint.setObjectName("picked_hint")
        self._show_picked = QPushButton(self.tr("Plane through these"))
        self._show_picked.setObjectName("show_picked")
        self._show_picked.setToolTip(
            self.tr("Show the plane through the three images that were clicked last")
        )
        self._show_picked.clicked.connect(self._show_plane_of_picked)
        for part in (self._strip, self._hint, self._show_picked):
            column.addWidget(part)
        self._card.add(self._images)

    def _make_facts(self, theme: Theme) -> None:
        self._kept = StillLabel(theme, bold=True, align_right=True)
        self._kept.setObjectName("view_kept")
        self._round_trip = StillLabel(theme, bold=True, align_right=True)
        self._round_trip.setObjectName("view_round_trip")
        facts = (
            (
                self._kept,
                self.tr("Kept of the code"),
                self.tr("Share of the variance of the codes that lies along this plane"),
            ),
            (
                self._round_trip,
                self.tr("Round-trip error"),
                self.tr(
                    "From each code to its place on the map and back, as a multiple of the spread "
                    "of the codes: 0 loses nothing; at 1 the mean of all codes would do as well"
                ),
            ),
        )
        for value, text, tooltip in facts:
            title = label(text, tone="muted")
            title.setToolTip(tooltip)
            value.setToolTip(tooltip)
            row = self._card.add_row(title, value)
            row.setStretch(2, 1)  # the value has no width of its own
        self._sentence = StillLabel(theme, "muted", lines=2, small=True)
        self._sentence.setObjectName("view_sentence")
        self._card.add(self._sentence)
        self._error = label(tone="bad", size="small", wrap=True)
        self._error.setObjectName("view_error")
        self._error.hide()
        self._card.add(self._error)

    # --- rendering -----------------------------------------------------------------------------

    @property
    def _is_needed(self) -> bool:
        model = self._session.model
        return model is not None and model.document.latent_dim > 2

    @Slot()
    def _on_model_changed(self) -> None:
        model = self._session.model
        self.setVisible(self._is_needed)
        if model is None or not self._is_needed:
            return
        document = model.document
        key = (document.latent_dim, document.latent_std, document.latent_kl)
        if key != self._built_for:
            self._built_for = key
            self._shown_type = None
            self._list_axes(document.latent_kl, document.latent_std)
        self._on_plane_changed()
        self._measure.schedule()

    def _list_axes(self, kl: list[float], std: list[float]) -> None:
        ranked = ranked_axes(kl, std)[:_MOST_AXES].tolist()
        for combo in (self._across, self._up):
            with QSignalBlocker(combo):
                combo.clear()
                for number in ranked:
                    text = number_name(number)
                    if kl:
                        text += self.tr(" · KL {:.2f}").format(kl[number])
                    elif is_measured(kl, std):
                        text += self.tr(" · σ {:.2f}").format(std[number])
                    combo.addItem(text, number)
            combo.updateGeometry()  # its signals, which would do that, were blocked

    @Slot()
    def _on_plane_changed(self) -> None:
        if not self._is_needed:
            return
        plane = self._map_view.plane
        kind = {AxisPlane: _AXES, PcaPlane: _PCA, ImagePlane: _IMAGES}[type(plane)]
        # Somebody who still clicks points for a plane through them sees the plane before it.
        if type(plane) is not self._shown_type:
            self._shown_type = type(plane)
            self._kind.setCurrentIndex(kind)
        if isinstance(plane, AxisPlane):
            for combo, axis in zip((self._across, self._up), plane.axes, strict=True):
                combo.setCurrentIndex(combo.findData(axis))
        self._render_pages()

    def _render_pages(self) -> None:
        self._axes.setVisible(self._kind.currentIndex() == _AXES)
        self._images.setVisible(self._kind.currentIndex() == _IMAGES)
        self._render_picked()
        self._render_sentence()

    @Slot()
    def _on_picked(self) -> None:
        self._error.hide()
        self._render_picked()

    def _render_picked(self) -> None:
        data, plane = self._session.data, self._map_view.plane
        picked = self._map_view.picked
        if data is None or not self._is_needed:
            return
        self._strip.set_strip(
            [data.shown_image(i) for i in picked if i < len(data)],
            [self.tr("Image {:,}: data").format(i) for i in picked],
            ["A", "B", "C"],
        )
        self._strip.setVisible(bool(picked))
        missing = NUM_PICKED - len(picked)
        shown = isinstance(plane, ImagePlane) and plane.indices == picked
        self._show_picked.setVisible(not shown)
        self._show_picked.setEnabled(missing == 0)
        hints = {
            3: self.tr("Click three points on the map."),
            2: self.tr("One image chosen: click two more points on the map."),
            1: self.tr("Two images chosen: click one more point on the map."),
            0: self.tr("Three images chosen; each click takes the place of the oldest."),
        }
        self._hint.setText(hints[missing])

    @Slot()
    def _render_fidelity(self) -> None:
        plane, codes = self._map_view.plane, self._map_view.codes
        found = None
        if self._is_needed and codes.shape[1] == plane.latent_dim:
            found = fidelity(plane, codes)
        self._kept.set_text("–" if found is None else f"{100 * found.kept_share:.0f} %")
        self._round_trip.set_text("–" if found is None else f"{found.round_trip:.2f}")

    @Slot()
    def _render_sentence(self) -> None:
        plane, z = self._map_view.plane, self._explorer.z
        if not self._is_needed or len(z) != plane.latent_dim:
            return
        off = float(np.linalg.norm(plane.to_latent(plane.to_plane(z[None]))[0] - z))
        if off > _OFF_PLANE * np.sqrt(len(z)):
            text = self.tr(
                "The cursor is {:.2f} off the plane until you drag it on the map."
            ).format(off)
            self._sentence.set_text(text, "warn")
            return
        match plane:
            case AxisPlane():
                text = self.tr("The other {:,} numbers keep the values of the cursor.").format(
                    plane.latent_dim - 2
                )
            case PcaPlane():
                text = self.tr("Off the plane, codes follow the images nearest on it.")
            case _:
                text = self.tr("Each place is a mixture of the codes of the three images.")
        self._sentence.set_text(text, "muted")

    # --- intents -------------------------------------------------------------------------------

    def _try(self, show: Callable[[], None]) -> None:
        """Show a plane, or say why not."""
        try:
            show()
        except UsageError as error:
            self._error.setText(error.sentence)
            self._error.show()
        else:
            self._error.hide()

    @Slot(int)
    def _choose_kind(self, kind: int) -> None:
        self._error.hide()
        if kind == _AXES:
            self._view.show_best_axes()
        elif kind == _PCA:
            self._try(self._view.show_pca)
        elif len(self._map_view.picked) == NUM_PICKED:
            self._try(self._view.show_picked)
        self._render_pages()

    @Slot()
    def _choose_axes(self) -> None:
        before = self._map_view.plane
        across, up = int(self._across.currentData()), int(self._up.currentData())
        if across == up and isinstance(before, AxisPlane):
            up, across = before.axes  # the other axis takes the number that this one gives up
        self._view.show_axes(across, up)

    @Slot()
    def _show_plane_of_picked(self) -> None:
        self._try(self._view.show_picked)
        if isinstance(self._map_view.plane, ImagePlane):
            self._render_picked()
