"""The stack of corruptions with the seed of their noise."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from latentlab.features.noise_lab.controller import NoiseController
from latentlab.features.noise_lab.corruption_row import CorruptionRow
from latentlab.features.noise_lab.store import MOST_SEED, MOST_STEPS, NoiseLab
from latentlab.widgets.form.number_editors import IntEditor
from latentlab.widgets.style.icons import IconSource
from latentlab.widgets.style.section import label

_BUTTON_PX = 20
_ICON_PX = 12


class CorruptionRows(QWidget):
    """Rows that scroll where there are many, over the seed.

    Rows are made anew only where other corruptions or another number of them are shown, never
    while an amount moves.
    """

    def __init__(
        self,
        lab: NoiseLab,
        controller: NoiseController,
        icons: IconSource,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lab = lab
        self._controller = controller
        self._icons = icons
        self._rows: list[CorruptionRow] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        content = QWidget()
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(3)
        self._none = label(self.tr("Nothing is done to the picture."), tone="muted", wrap=True)
        self._list.addWidget(self._none)
        self._list.addStretch(1)
        area = QScrollArea()
        area.setObjectName("corruption_list")
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        layout.addWidget(area, 1)
        layout.addLayout(self._make_seed_row())
        lab.noiseChanged.connect(self._render)
        lab.imageChanged.connect(self._render)
        self._render()

    def _make_seed_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(label(self.tr("Seed"), tone="muted"))
        self._seed = IntEditor(0, MOST_SEED)
        self._seed.setObjectName("noise_seed")
        self._seed.setAccessibleName(self.tr("Seed of the noise"))
        self._seed.setToolTip(self.tr("The same seed gives the same noise"))
        self._seed.setFixedSize(50, self._seed.sizeHint().height())
        self._seed.valueChanged.connect(self._controller.set_seed)
        row.addWidget(self._seed)
        new = QToolButton()
        new.setObjectName("new_noise")
        new.setProperty("flat", "true")
        new.setToolTip(self.tr("Draw other noise of the same amount"))
        new.setAccessibleName(self.tr("New noise"))
        new.setFixedSize(_BUTTON_PX, _BUTTON_PX)
        new.setIconSize(QSize(_ICON_PX, _ICON_PX))
        new.setStyleSheet("padding: 0")
        new.clicked.connect(self._controller.new_noise)
        self._icons.bind_muted(new, "refresh-cw")
        row.addWidget(new)
        row.addStretch(1)
        self._noisy = QPushButton(self.tr("is noisy"))
        self._noisy.setObjectName("noise_noisy")
        self._noisy.setCheckable(True)
        self._noisy.setToolTip(
            self.tr("The picture is noisy itself: add nothing to it, only denoise it")
        )
        self._noisy.toggled.connect(self._controller.set_noisy)
        self._add = QPushButton(self.tr("+ add"))
        self._add.setObjectName("add_corruption")
        self._add.setToolTip(self.tr("Do one more thing to the picture, after the others"))
        self._add.setAccessibleName(self.tr("Add a corruption"))
        self._add.clicked.connect(self._controller.add_step)
        for button in (self._noisy, self._add):
            button.setProperty("chip", "true")
            row.addWidget(button)
        return row

    @property
    def rows(self) -> tuple[CorruptionRow, ...]:
        """The rows from top to bottom."""
        return tuple(self._rows)

    @Slot()
    def _render(self) -> None:
        lab = self._lab
        if [row.name for row in self._rows] != [name for name, _ in lab.steps]:
            self._make_rows()
        for row, (_, amount) in zip(self._rows, lab.steps, strict=True):
            row.show_amount(amount)
            row.setEnabled(lab.has_clean)
        with QSignalBlocker(self._seed):
            self._seed.setValue(lab.seed)
        self._seed.setEnabled(lab.has_clean)
        self._noisy.setEnabled(lab.image is not None)
        with QSignalBlocker(self._noisy):
            self._noisy.setChecked(not lab.has_clean)
        can_add = lab.has_clean and len(lab.steps) < MOST_STEPS
        if self._add.isEnabled() != can_add:
            self._add.setEnabled(can_add)

    def _make_rows(self) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        steps, c = self._lab.steps, self._controller
        self._rows = []
        for place, (name, _) in enumerate(steps):
            row = CorruptionRow(place, name, self._icons, len(steps) > 1)
            row.corruptionChosen.connect(c.set_corruption)
            row.amountChanged.connect(c.set_amount)
            row.removed.connect(c.remove_step)
            row.moved.connect(c.move_step)
            self._list.insertWidget(place, row)
            self._rows.append(row)
        self._none.setVisible(not steps)
