"""One corruption of the stack: which one, how much, and its place among the others."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from latentlab.images.corruptions import CORRUPTIONS
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import FloatEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.icons import IconSource

_EDITOR_PX = 58
_BUTTON_PX = 18
_ICON_PX = 12


class CorruptionRow(QWidget):
    """A choice, a typed amount in percent of the range, and a slider.

    Parameters
    ----------
    place
        Of this step, from 0.
    name
        Of the corruption.
    icons
        Where the buttons have their icons from.
    is_one_of_many
        Whether the step can be moved.
    parent
        Owner.
    """

    corruptionChosen = Signal(int, str)
    amountChanged = Signal(int, float)
    removed = Signal(int)
    moved = Signal(int, int)

    def __init__(
        self,
        place: int,
        name: str,
        icons: IconSource,
        is_one_of_many: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._place = place
        self._kind = CORRUPTIONS[name]
        self.setObjectName(f"corruption_row_{place}")
        self._choice = FlatComboBox(align_left=True)
        self._choice.setObjectName(f"corruption_{place}")
        self._choice.setAccessibleName(self.tr("Corruption {}").format(place + 1))
        for kind in CORRUPTIONS.values():
            self._choice.addItem(kind.title, kind.name)
            tip = Qt.ItemDataRole.ToolTipRole
            self._choice.setItemData(self._choice.count() - 1, kind.sentence, tip)
        self._choice.setCurrentIndex(self._choice.findData(name))
        self._choice.setToolTip(self._kind.sentence)
        self._choice.activated.connect(self._tell_choice)
        meaning = self.tr("Amount in percent: {}").format(self._kind.amount_meaning)
        self._editor = FloatEditor(0.0, 100.0, 0, 1.0)
        self._editor.setSuffix(" %")
        self._editor.setObjectName(f"corruption_amount_{place}")
        self._editor.setAccessibleName(self.tr("Amount of corruption {}").format(place + 1))
        self._editor.setToolTip(meaning)
        # A fixed size: otherwise each new number lays the whole window out anew.
        self._editor.setFixedSize(_EDITOR_PX, self._editor.sizeHint().height())
        self._editor.valueChanged.connect(self._tell_percent)
        self._slider = ValueSlider(0.0, 1.0, 3)
        self._slider.setObjectName(f"corruption_slider_{place}")
        self._slider.setAccessibleName(self.tr("Slider of corruption {}").format(place + 1))
        self._slider.setToolTip(meaning)
        self._slider.moved.connect(self._tell_share)
        self._lay_out(icons, is_one_of_many)

    def _lay_out(self, icons: IconSource, is_one_of_many: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._choice)
        top.addStretch(1)
        top.addWidget(self._editor)
        bottom = QHBoxLayout()
        bottom.setSpacing(1)
        bottom.addWidget(self._slider, 1)
        table = [("x", self.tr("Leave this corruption out"), self._tell_removed, "remove")]
        if is_one_of_many:
            table[:0] = [
                ("chevron-up", self.tr("Apply this corruption earlier"), self._tell_up, "up"),
                ("chevron-down", self.tr("Apply this corruption later"), self._tell_down, "down"),
            ]
        for icon, tooltip, slot, word in table:
            button = QToolButton()
            button.setProperty("flat", "true")
            button.setObjectName(f"corruption_{word}_{self._place}")
            button.setToolTip(tooltip)
            button.setAccessibleName(f"{tooltip} ({self._kind.title})")
            button.setFixedSize(_BUTTON_PX, _BUTTON_PX)
            button.setIconSize(QSize(_ICON_PX, _ICON_PX))
            button.setStyleSheet("padding: 0")
            button.clicked.connect(slot)
            flat: QAbstractButton = button
            icons.bind_muted(flat, icon)
            bottom.addWidget(button)
        column.addLayout(top)
        column.addLayout(bottom)

    @property
    def name(self) -> str:
        """Name of the corruption."""
        return self._kind.name

    def show_amount(self, amount: float) -> None:
        """Show an amount without telling it back."""
        share = self._kind.share_of(amount)
        if not (self._editor.hasFocus() and abs(self._editor.value() - 100 * share) < 1e-9):
            with QSignalBlocker(self._editor):
                self._editor.setValue(round(100 * share, 1) if share * 100 % 1 else 100 * share)
        self._slider.show_value(share)

    @Slot(int)
    def _tell_choice(self, place: int) -> None:
        self.corruptionChosen.emit(self._place, self._choice.itemData(place))

    @Slot(float)
    def _tell_percent(self, percent: float) -> None:
        self._tell_share(percent / 100)

    @Slot(float)
    def _tell_share(self, share: float) -> None:
        self.amountChanged.emit(self._place, self._kind.amount_at(share))

    @Slot()
    def _tell_removed(self) -> None:
        self.removed.emit(self._place)

    @Slot()
    def _tell_up(self) -> None:
        self.moved.emit(self._place, -1)

    @Slot()
    def _tell_down(self) -> None:
        self.moved.emit(self._place, 1)
