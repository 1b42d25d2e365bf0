"""Which models and which noises the matrix has: two lists that open from a button."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.features.noise_matrix.store import NoiseMatrix
from latentlab.images.corruptions import CORRUPTIONS
from latentlab.widgets.form.number_editors import FloatEditor
from latentlab.widgets.text.plain_text import plain_button, plain_tooltip

_MOST_HEIGHT_PX = 320


class _Popup(QFrame):
    """A frame that opens above or below a button and closes with a click beside it."""

    def __init__(self, button: QPushButton) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self.setProperty("popup", "true")
        self._button = button
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self._area)
        button.clicked.connect(self.open)

    def set_content(self, content: QWidget) -> None:
        """Show other content; the old one is deleted."""
        self._area.setWidget(content)

    @Slot()
    def open(self) -> None:
        """Open where there is room, on the button's screen."""
        content = self._area.widget()
        if content is None:
            return
        hint = content.sizeHint()
        height = min(hint.height(), _MOST_HEIGHT_PX)
        bar = self._area.verticalScrollBar().sizeHint().width() if height < hint.height() else 0
        self.resize(hint.width() + bar + 24, height + 24)
        corner = self._button.mapToGlobal(QPoint(0, self._button.height() + 2))
        screen = self._button.screen().availableGeometry()
        if corner.y() + self.height() > screen.bottom():
            corner = self._button.mapToGlobal(QPoint(0, -self.height() - 2))
        right = max(screen.left(), screen.right() - self.width())
        self.move(min(corner.x(), right), max(corner.y(), screen.top()))
        self.show()


class ModelChoice(QPushButton):
    """Opens the list of models."""

    def __init__(self, matrix: NoiseMatrix, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("matrix_models")
        self._matrix = matrix
        self._popup = _Popup(self)
        self._boxes: list[QCheckBox] = []
        self._names: tuple[str, ...] = ()
        matrix.choicesChanged.connect(self._render)
        self._render()

    @property
    def boxes(self) -> tuple[QCheckBox, ...]:
        """One box for each model."""
        return tuple(self._boxes)

    @Slot()
    def _render(self) -> None:
        models = self._matrix.models
        titles = tuple(model.title for model in models)
        if titles != tuple(box.text() for box in self._boxes) or len(models) != len(self._names):
            self._fill()
        self._names = tuple(model.name for model in models)
        for box, name in zip(self._boxes, self._names, strict=True):
            with QSignalBlocker(box):
                box.setChecked(self._matrix.is_chosen(name))
        text = self.tr("Models: {}").format(len(self._matrix.chosen_models))
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(self.tr("Choose the models, the rows of the matrix"))

    def _fill(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        self._boxes = []
        for model in self._matrix.models:
            # Ampersands would become underlined letters.
            box = QCheckBox(plain_button(model.title))
            box.setObjectName(f"matrix_model_{len(self._boxes)}")
            box.setToolTip(
                plain_tooltip(shown_name(model.name))
                or self.tr("The model that is open on the map")
            )
            box.toggled.connect(self._choose)
            column.addWidget(box)
            self._boxes.append(box)
        column.addStretch(1)
        self._popup.set_content(content)

    @Slot(bool)
    def _choose(self, chosen: bool) -> None:
        box = self.sender()
        place = next((i for i, one in enumerate(self._boxes) if one is box), None)
        if place is not None:
            self._matrix.choose_model(self._names[place], chosen)


class NoiseChoice(QPushButton):
    """Opens the list of noises with their amounts."""

    def __init__(self, matrix: NoiseMatrix, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("matrix_noises")
        self._matrix = matrix
        self._popup = _Popup(self)
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 4, 0)
        grid.setHorizontalSpacing(14)
        self._boxes: dict[str, QCheckBox] = {}
        self._editors: dict[str, FloatEditor] = {}
        for row, kind in enumerate(CORRUPTIONS.values()):
            box = QCheckBox(kind.title)
            box.setObjectName(f"matrix_{kind.name}")
            box.setToolTip(kind.sentence)
            box.toggled.connect(self._choose)
            editor = FloatEditor(kind.minimum, kind.maximum, 2, 0.05)
            editor.setObjectName(f"matrix_amount_{kind.name}")
            editor.setAccessibleName(self.tr("Amount of {}").format(kind.title.lower()))
            editor.setToolTip(kind.amount_meaning)
            editor.valueChanged.connect(self._change)
            grid.addWidget(box, row, 0)
            grid.addWidget(editor, row, 1, Qt.AlignmentFlag.AlignRight)
            self._boxes[kind.name], self._editors[kind.name] = box, editor
        grid.setColumnStretch(0, 1)
        self._popup.set_content(content)
        matrix.choicesChanged.connect(self._render)
        self._render()

    @property
    def boxes(self) -> dict[str, QCheckBox]:
        """One box for each corruption, by its name."""
        return self._boxes

    @Slot()
    def _render(self) -> None:
        chosen = dict(self._matrix.chosen_noises)
        for name, box in self._boxes.items():
            editor = self._editors[name]
            with QSignalBlocker(box), QSignalBlocker(editor):
                box.setChecked(name in chosen)
                editor.setValue(self._matrix.amounts[name])
        text = self.tr("Noises: {}").format(len(chosen))
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(self.tr("Choose the noises, the columns of the matrix, and their amounts"))

    @Slot(bool)
    def _choose(self, chosen: bool) -> None:
        for name, box in self._boxes.items():
            if box is self.sender():
                self._matrix.choose_noise(name, chosen)

    @Slot(float)
    def _change(self, amount: float) -> None:
        for name, editor in self._editors.items():
            if editor is self.sender():
                self._matrix.set_amount(name, amount)
