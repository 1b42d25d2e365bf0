"""VARY: the chosen picture with noise in its code beside as much noise in its pixels."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.features.variations.controller import VariationController
from latentlab.features.variations.messages import MOST_VARIATIONS, VARIATION_NOISES
from latentlab.features.variations.store import MOST_SEED, MOST_SIGMA, Variations
from latentlab.models.family.objectives import OBJECTIVES
from latentlab.widgets.coalesced import Coalesced
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import FloatEditor, IntEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.images.image_grid import ImageGrid
from latentlab.widgets.style.section import label
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session

_CONTROLS_PX = 206
_CENTROIDS_PX = 132
_SHEET_PX = 150
_SLIDER_SIGMA = 3.0


class VaryPanel(QWidget):
    """Settings, two contact sheets side by side, and the mean of each class.

    Both sheets change the picture by the same mean squared amount, place by place; how far both
    are from what the model draws of them says why only one of them still looks like data.
    """

    def __init__(
        self,
        session: Session,
        explorer: Explorer,
        variations: Variations,
        controller: VariationController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("vary_panel")
        self._session = session
        self._explorer = explorer
        self._variations = variations
        self._controller = controller
        outer = QHBoxLayout(self)
        outer.setContentsMargins(14, 8, 14, 8)
        outer.setSpacing(18)
        outer.addWidget(self._make_controls())
        self._nothing = label(
            self.tr(
                "Click a point on the map, or paste or drop a picture of your own: noise in its "
                "code makes other pictures of the same kind."
            ),
            tone="muted",
            wrap=True,
        )
        self._nothing.setObjectName("vary_nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        outer.addWidget(self._nothing, 2)
        self._sheets = self._make_sheets()
        outer.addWidget(self._sheets, 2)
        self._classes = self._make_classes()
        outer.addWidget(self._classes)
        soon = Coalesced(self._render, self).schedule
        variations.variedChanged.connect(soon)
        variations.settingsChanged.connect(self._render_settings)
        variations.centroidsChanged.connect(self._render_centroids)
        explorer.selectedChanged.connect(soon)
        explorer.broughtChanged.connect(soon)
        session.modelChanged.connect(self._render_settings)
        session.dataChanged.connect(self._render_centroids)
        self._render_settings()
        self._render()
        self._render_centroids()

    # --- construction --------------------------------------------------------------------------

    def _make_controls(self) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self._noise = FlatComboBox()
        self._noise.setObjectName("vary_noise")
        self._noise.setAccessibleName(self.tr("Unit of the noise"))
        words = {
            "posterior": (
                self.tr("Posterior"),
                self.tr("As unsure as the encoder is of the code, in each direction"),
            ),
            "prior": (self.tr("Prior"), self.tr("As wide as codes are spread, in each direction")),
            "isotropic": (self.tr("Isotropic"), self.tr("1 in every direction of the code")),
        }
        for noise in VARIATION_NOISES:
            self._noise.addItem(words[noise][0], noise)
            self._noise.setItemData(
                self._noise.count() - 1, words[noise][1], Qt.ItemDataRole.ToolTipRole
            )
        self._noise.activated.connect(self._choose_noise)
        self._make_numbers()
        again = QPushButton(self.tr("New"))
        again.setObjectName("vary_again")
        again.setProperty("chip", "true")
        again.setAccessibleName(self.tr("Draw other noise"))
        again.setToolTip(self.tr("Draw other noise, with the next seed"))
        again.clicked.connect(self._controller.draw_again)
        right = Qt.AlignmentFlag.AlignRight
        for row, (text, widget) in enumerate(
            ((self.tr("Noise"), self._noise), (self.tr("Size"), self._sigma))
        ):
            grid.addWidget(label(text), row, 0)
            grid.addWidget(widget, row, 1, 1, 2, right)
        grid.addWidget(self._slider, 2, 0, 1, 3)
        grid.addWidget(label(self.tr("Pictures")), 3, 0)
        grid.addWidget(self._count, 3, 1, 1, 2, right)
        grid.addWidget(label(self.tr("Seed")), 4, 0)
        grid.addWidget(again, 4, 1, right)
        grid.addWidget(self._seed, 4, 2, right)
        grid.setColumnStretch(0, 1)
        self._spread = label(tone="muted", size="small", wrap=True)
        self._spread.setObjectName("vary_spread")
        grid.addWidget(self._spread, 5, 0, 1, 3)
        grid.setRowStretch(6, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(_CONTROLS_PX)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _make_numbers(self) -> None:
        self._sigma = FloatEditor(0.0, MOST_SIGMA, 2, 0.1)
        self._sigma.setObjectName("vary_sigma")
        self._sigma.setAccessibleName(self.tr("Size of the noise"))
        self._sigma.setToolTip(self.tr("Standard deviation, in units of what is chosen above"))
        self._sigma.valueChanged.connect(self._controller.set_sigma)
        self._slider = ValueSlider(0.0, _SLIDER_SIGMA, 2, 2.0)
        self._slider.setObjectName("vary_sigma_slider")
        self._slider.setAccessibleName(self.tr("Size of the noise"))
        self._slider.setToolTip(self._sigma.toolTip())
        self._slider.moved.connect(self._controller.set_sigma)
        self._count = IntEditor(1, MOST_VARIATIONS)
        self._count.setObjectName("vary_count")
        self._count.setAccessibleName(self.tr("Number of variations"))
        self._count.setToolTip(self.tr("How many variations, 64 at most"))
        self._count.valueChanged.connect(self._controller.set_count)
        self._seed = IntEditor(0, MOST_SEED)
        self._seed.setObjectName("vary_seed")
        self._seed.setAccessibleName(self.tr("Seed"))
        self._seed.setToolTip(self.tr("The same seed draws the same noise"))
        self._seed.valueChanged.connect(self._controller.set_seed)

    def _make_sheets(self) -> QWidget:
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        self._latent = self._sheet(self.tr("Variations by noise in the code"))
        self._latent.setObjectName("latent_variations")
        self._latent.chosen.connect(self._controller.go_to_variation)
        self._pixels = self._sheet(self.tr("The picture with as much noise in its pixels"))
        self._pixels.setObjectName("pixel_variations")
        self._latent_caption, self._pixel_caption = (
            ElidedLabel("muted", "small"),
            ElidedLabel("muted", "small"),
        )
        self._latent_caption.setObjectName("latent_caption")
        self._pixel_caption.setObjectName("pixel_caption")
        for title, sheet, caption in (
            (self.tr("Noise in the code"), self._latent, self._latent_caption),
            (self.tr("As much noise in the pixels"), self._pixels, self._pixel_caption),
        ):
            column = QVBoxLayout()
            column.setSpacing(4)
            heading = ElidedLabel(size="small")
            heading.setText(title)
            column.addWidget(heading)
            column.addWidget(sheet, 1)
            column.addWidget(caption)
            sheet.setMinimumWidth(_SHEET_PX)
            row.addLayout(column, 1)
        return content

    def _sheet(self, name: str) -> ImageGrid:
        return ImageGrid(name, crisp=False, copies_all=True)

    def _make_classes(self) -> QWidget:
        content = QWidget()
        content.setFixedWidth(_CENTROIDS_PX)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        heading = ElidedLabel(size="small")
        heading.setText(self.tr("Mean of each class"))
        heading.setToolTip(
            self.tr("The mean code of each class, decoded: generated, and no image of the data")
        )
        self._centroids = ImageGrid(
            self.tr("The decoded mean code of each class"),
            least_px=28,
            most_px=44,
            crisp=False,
            copies_all=True,
        )
        self._centroids.setObjectName("class_centroids")
        self._centroids.chosen.connect(self._controller.go_to_centroid)
        column.addWidget(heading)
        column.addWidget(self._centroids, 1)
        return content

    # --- intents -------------------------------------------------------------------------------

    @Slot(int)
    def _choose_noise(self, place: int) -> None:
        self._controller.set_noise(self._noise.itemData(place))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to vary."""
        super().showEvent(event)
        self._controller.set_shown(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: compute nothing."""
        super().hideEvent(event)
        self._controller.set_shown(False)

    # --- rendering -----------------------------------------------------------------------------

    @property
    def _has_posterior(self) -> bool:
        model = self._session.model
        if model is None:
            return True
        objective = OBJECTIVES.get(model.document.objective)
        return objective is not None and objective.probabilistic

    @Slot()
    def _render_settings(self) -> None:
        settings, has_posterior = self._variations, self._has_posterior
        items = self._noise.model()
        item = items.item(0)  # type: ignore[attr-defined]
        item.setEnabled(has_posterior)
        item.setToolTip(
            self.tr("As unsure as the encoder is of the code, in each direction")
            if has_posterior
            else self.tr("This model gives each image one code without a posterior")
        )
        noise = settings.noise
        if noise == "posterior" and not has_posterior:
            noise = "prior"
        self._noise.setCurrentIndex(VARIATION_NOISES.index(noise))
        self._noise.setToolTip(str(items.item(VARIATION_NOISES.index(noise)).toolTip()))  # type: ignore[attr-defined]
        for editor, value in (
            (self._sigma, settings.sigma),
            (self._count, settings.count),
            (self._seed, settings.seed),
        ):
            with QSignalBlocker(editor):
                editor.setValue(value)  # type: ignore[arg-type]
        self._slider.show_value(settings.sigma)

    @Slot()
    def _render(self) -> None:
        data, index = self._session.data, self._explorer.selected
        is_chosen = data is not None and index is not None and index < len(data)
        has_source = is_chosen or self._explorer.brought is not None
        self._nothing.setVisible(not has_source)
        self._sheets.setVisible(has_source)
        varied = self._variations.varied
        if varied is None:
            self._latent.set_images(None)
            self._pixels.set_images(None)
            waiting = self._variations.problem or self.tr("…")
            self._latent_caption.setText(waiting if has_source else "")
            self._latent_caption.setToolTip(self._variations.problem if has_source else "")
            self._pixel_caption.setText("")
            self._spread.setText("")
            return
        count = len(varied.images)
        tips = [
            self.tr("Variation {}: generated; click to go there").format(i + 1)
            for i in range(count)
        ]
        self._latent.set_images(varied.images, tips)
        same = self.tr("The decoded picture, changed as much as variation {}")
        self._pixels.set_images(varied.noisy, [same.format(i + 1) for i in range(count)])
        self._set_caption(self._latent_caption, varied.change, varied.redrawn)
        self._set_caption(self._pixel_caption, varied.noisy_change, varied.noisy_redrawn)
        self._spread.setText(
            self.tr("Noise of {:.3g} in each number of the code, on average").format(varied.spread)
        )

    def _set_caption(self, caption: ElidedLabel, change: float, redrawn: float) -> None:
        caption.setText(
            self.tr("changed by {0} · redrawn {1} off").format(_short(change), _short(redrawn))
        )
        caption.setToolTip(
            self.tr(
                "Mean squared change from the decoded picture, {0}, on the scale of 0 to 1; and "
                "from what the model makes of the changed pictures, {1}. Where the second is "
                "small, the model can draw them: a step in the code leads to other pictures like "
                "the data, a step as large in the pixels leads away from all of them."
            ).format(_short(change), _short(redrawn))
        )

    @Slot()
    def _render_centroids(self) -> None:
        data, centroids = self._session.data, self._variations.centroids
        has_classes = data is not None and data.labels is not None and bool(len(data))
        self._classes.setVisible(has_classes)
        if centroids is None or data is None:
            self._centroids.set_images(None)
            return
        names = [
            data.class_names[c] if c < len(data.class_names) else str(c)
            for c in centroids.classes.tolist()
        ]
        text = self.tr("Mean of “{}”: generated; click to go there")
        tips = [text.format(shown_name(name)) for name in names]
        self._centroids.set_images(centroids.images, tips)


def _short(value: float) -> str:
    return f"{value:.4f}" if value < 1e-2 else f"{value:.3f}"
