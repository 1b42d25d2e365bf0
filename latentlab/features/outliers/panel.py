"""OUTLIERS: the images that a model finds most unusual, by two scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from latentlab.base.shown_name import shown_name
from latentlab.features.outliers.controller import OutlierController
from latentlab.features.outliers.gallery import OutlierGallery
from latentlab.features.outliers.roc_plot import RocPlot
from latentlab.features.outliers.store import Outliers
from latentlab.widgets.dialogs.open_dialog import ask_where_to_save
from latentlab.widgets.form.flat_combo_box import FlatComboBox
from latentlab.widgets.form.number_editors import FloatEditor
from latentlab.widgets.form.value_slider import ValueSlider
from latentlab.widgets.style.section import label
from latentlab.widgets.style.theme import Theme
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.meter import Meter
from latentlab.widgets.text.outcome_label import OutcomeLabel
from latentlab.workspace.explorer import Explorer
from latentlab.workspace.session import Session
from latentlab.workspace.training_state import Training

_CONTROLS_PX = 224
_ROC_PX = 176
_MOST_CLASSES = 500  # in the list; beyond, nobody finds one
_MOST_SCORE = 1e9


class OutliersPanel(QWidget):
    """Settings and threshold, a gallery linked with the map, and ROC curves."""

    def __init__(
        self,
        session: Session,
        training: Training,
        explorer: Explorer,
        outliers: Outliers,
        controller: OutlierController,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("outliers_panel")
        self._session = session
        self._explorer = explorer
        self._outliers = outliers
        self._controller = controller
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(16)
        row.addWidget(self._make_controls(theme))
        row.addWidget(self._make_middle(theme), 1)
        self._roc_column = self._make_roc(theme)
        row.addWidget(self._roc_column)
        outliers.foundChanged.connect(self._render)
        outliers.progressChanged.connect(self._render)
        outliers.orderChanged.connect(self._render_order)
        outliers.thresholdChanged.connect(self._render_threshold)
        outliers.abnormalChanged.connect(self._render_roc)
        explorer.selectedChanged.connect(self._render_selected)
        session.dataChanged.connect(self._render_classes)
        for changed in (session.modelChanged, session.engineChanged, training.statusChanged):
            changed.connect(self._render)
        controller.refused.connect(self._said.refuse)
        self._render_classes()
        self._render()
        self._render_order()

    # --- construction --------------------------------------------------------------------------

    def _make_controls(self, theme: Theme) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self._find = QPushButton()
        self._find.setObjectName("find_outliers")
        self._find.clicked.connect(self._find_or_cancel)
        self._export = QPushButton(self.tr("Export…"))
        self._export.setObjectName("export_outliers")
        self._export.setAccessibleName(self.tr("Export the ranking as CSV"))
        self._export.setToolTip(
            self.tr("Write the shown images with both scores and their files to a CSV file")
        )
        self._export.clicked.connect(self._ask_where)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._find, 1)
        buttons.addWidget(self._export)
        grid.addLayout(buttons, 0, 0, 1, 2)
        self._meter = Meter(self.tr("Progress"), theme)
        grid.addWidget(self._meter, 1, 0, 1, 2)
        self._said = OutcomeLabel("outliers_said")
        grid.addWidget(self._said, 2, 0, 1, 2)
        self._make_choices()
        right = Qt.AlignmentFlag.AlignRight
        for place, (text, widget) in enumerate(
            (
                (self.tr("Rank by"), self._score),
                (self.tr("Images"), self._scope),
                (self.tr("Threshold"), self._threshold),
            )
        ):
            grid.addWidget(label(text), 3 + place, 0)
            grid.addWidget(widget, 3 + place, 1, right)
        grid.addWidget(self._slider, 6, 0, 1, 2)
        self._count = label(tone="muted", size="small")
        self._count.setObjectName("outliers_above")
        grid.addWidget(self._count, 7, 0, 1, 2)
        grid.setRowStretch(8, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(_CONTROLS_PX)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _make_choices(self) -> None:
        self._score = FlatComboBox()
        self._score.setObjectName("outlier_score")
        self._score.setAccessibleName(self.tr("Rank by"))
        for text, score, tip in (
            (
                self.tr("Reconstruction"),
                "recon",
                self.tr("Mean squared error between an image and what is drawn of it, 0 to 1"),
            ),
            (
                self.tr("Latent distance"),
                "latent",
                self.tr(
                    "Mean distance of the code to the 5 nearest codes of other training images, "
                    "in units of their spread"
                ),
            ),
            (self.tr("Both places"), "both", self.tr("The sum of the places by either score")),
        ):
            self._score.addItem(text, score)
            self._score.setItemData(self._score.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._score.setToolTip(self.tr("What makes an image unusual"))
        self._score.activated.connect(self._choose_score)
        self._scope = FlatComboBox()
        self._scope.setObjectName("outlier_scope")
        self._scope.setAccessibleName(self.tr("Images"))
        self._scope.setToolTip(self.tr("Which images are ranked"))
        self._scope.addItem(self.tr("Held out"), "held_out")
        self._scope.addItem(self.tr("All"), "all")
        self._scope.activated.connect(self._choose_scope)
        self._threshold = FloatEditor(0.0, _MOST_SCORE, 4, 0.01)
        self._threshold.setObjectName("outlier_threshold")
        self._threshold.setMinimumWidth(80)
        self._threshold.setAccessibleName(self.tr("Threshold"))
        self._threshold.setToolTip(self.tr("Images with at least this score are marked"))
        self._threshold.valueChanged.connect(self._outliers.set_threshold)
        self._slider = ValueSlider(0.0, 1.0, 5, 3.0)
        self._slider.setObjectName("outlier_slider")
        self._slider.setAccessibleName(self.tr("Share of the images above the threshold"))
        self._slider.setToolTip(self.tr("How many images are above the threshold"))
        self._slider.moved.connect(self._move_threshold)

    def _make_middle(self, theme: Theme) -> QWidget:
        content = QWidget()
        self._pages = QStackedLayout(content)
        self._nothing = label(tone="muted", wrap=True)
        self._nothing.setObjectName("outliers_nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._nothing)
        column.addStretch(1)
        self._pages.addWidget(page)
        self._gallery = OutlierGallery(self._outliers)
        self._gallery.reached.connect(self._controller.select)
        self._gallery.chosen.connect(self._controller.select)
        self._pages.addWidget(self._gallery)
        return content

    def _make_roc(self, theme: Theme) -> QWidget:
        content = QWidget()
        content.setFixedWidth(_ROC_PX)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(label(self.tr("Abnormal")))
        row.addStretch(1)
        self._abnormal = FlatComboBox()
        self._abnormal.setObjectName("abnormal_class")
        self._abnormal.setAccessibleName(self.tr("Class that counts as abnormal"))
        self._abnormal.setToolTip(
            self.tr("Gives for both scores how well they tell this class from all others")
        )
        self._abnormal.activated.connect(self._choose_abnormal)
        row.addWidget(self._abnormal)
        column.addLayout(row)
        self._roc = RocPlot(theme)
        column.addWidget(self._roc, 1)
        self._aucs = (ElidedLabel("accent", "small"), ElidedLabel("warn", "small"))
        for name, auc in zip(("auc_recon", "auc_latent"), self._aucs, strict=True):
            auc.setObjectName(name)
            column.addWidget(auc)
        return content

    # --- intents -------------------------------------------------------------------------------

    @Slot()
    def _find_or_cancel(self) -> None:
        self._said.forget()
        if self._outliers.share_done is None:
            self._controller.compute()
        else:
            self._controller.cancel()

    @Slot(int)
    def _choose_score(self, place: int) -> None:
        self._outliers.set_score(self._score.itemData(place))

    @Slot(int)
    def _choose_scope(self, place: int) -> None:
        self._outliers.set_scope(self._scope.itemData(place))

    @Slot(int)
    def _choose_abnormal(self, place: int) -> None:
        self._outliers.set_abnormal(self._abnormal.itemData(place))

    @Slot(float)
    def _move_threshold(self, share: float) -> None:
        self._outliers.set_num_above(round(share * len(self._outliers.order)))

    @Slot()
    def _ask_where(self) -> None:
        kind = (self.tr("Tables"), ".csv")
        if path := ask_where_to_save(self, self.tr("Export the ranking"), "outliers.csv", kind):
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write the ranking to a CSV file, and say how that went."""
        self._said.write(path, self._controller.export)

    # --- rendering -----------------------------------------------------------------------------

    @Slot()
    def _render(self) -> None:
        share, found = self._outliers.share_done, self._outliers.found
        computes = share is not None
        problem = self._controller.problem
        text = self.tr("Cancel") if computes else self.tr("Find outliers")
        self._find.setText(text)
        self._find.setAccessibleName(text)
        self._find.setEnabled(computes or not problem)
        self._find.setToolTip(
            self.tr("End the computation")
            if computes
            else problem or self.tr("Measure all images with the open model")
        )
        self._meter.set_share(share or 0.0, "accent")
        self._meter.setVisible(computes)
        for widget in (self._export, self._score, self._scope, self._slider):
            widget.setEnabled(found is not None)
        self._pages.setCurrentIndex(0 if found is None else 1)
        if share is not None:
            self._nothing.setText(self.tr("Measuring all images… {:.0f} %").format(100 * share))
        else:
            self._nothing.setText(
                problem
                or self.tr(
                    "Ranks the images by how badly the model draws them again, and by how far "
                    "their codes are from those of all others: what is unlike the rest comes "
                    "first. A click shows an image on the map."
                )
            )
        knows = self._outliers.held_out is not None or found is None
        self._scope.setToolTip(
            self.tr("Images that the model was not trained on, or all")
            if knows
            else self.tr("The model was trained on none of these images: all are shown")
        )
        self._scope.setEnabled(found is not None and knows)

    @Slot()
    def _render_order(self) -> None:
        self._score.setCurrentIndex(self._score.findData(self._outliers.score))
        is_all = self._outliers.scope == "all" or (
            self._outliers.found is not None and self._outliers.held_out is None
        )
        self._scope.setCurrentIndex(self._scope.findData("all" if is_all else "held_out"))
        self._render_threshold()
        self._render_roc()
        self._render_selected()
        self._gallery.scrollToTop()  # a new ranking is read from its beginning

    @Slot()
    def _render_threshold(self) -> None:
        outliers, count = self._outliers, len(self._outliers.order)
        threshold = outliers.threshold
        with QSignalBlocker(self._threshold):
            if threshold is not None:
                self._threshold.setValue(float(f"{threshold:.4g}"))
        self._threshold.setEnabled(count > 0 and outliers.score != "both")
        share = outliers.num_above / max(1, count)
        self._slider.show_value(share)
        self._count.setText(
            self.tr("{0:,} of {1:,} above · {2:.1f} %").format(
                outliers.num_above, count, 100 * share
            )
            if count
            else ""
        )
        self._render_mark()

    @Slot()
    def _render_selected(self) -> None:
        self._gallery.show_current(self._outliers.place_of(self._explorer.selected))

    @Slot()
    def _render_classes(self) -> None:
        data = self._session.data
        labels = None if data is None else data.labels
        self._abnormal.clear()
        self._roc_column.setVisible(labels is not None and len(labels) > 0)
        self._abnormal.addItem(self.tr("none"), None)
        if data is None or labels is None:
            return
        values, first = np.unique(labels, return_index=True)
        for value, index in list(zip(values.tolist(), first.tolist(), strict=True))[:_MOST_CLASSES]:
            self._abnormal.addItem(shown_name(data.class_name(index)), value)
        self._render_roc()

    @Slot()
    def _render_roc(self) -> None:
        label_ = self._outliers.abnormal
        self._abnormal.setCurrentIndex(max(0, self._abnormal.findData(label_)))
        curves = self._outliers.curves()
        texts = []
        names = (self.tr("reconstruction"), self.tr("latent distance"))
        for name, curve, shown in zip(names, curves, self._aucs, strict=True):
            text = "" if curve is None else self.tr("AUC {0:.3f} · {1}").format(curve.auc, name)
            shown.setText(text)
            texts.append(text)
        if label_ is not None and self._outliers.found is not None and not any(texts):
            self._aucs[0].setText(self.tr("All shown are of one kind."))
        self._roc.set_curves(curves, " · ".join(t for t in texts if t) or self.tr("no curve"))
        self._roc.setToolTip(
            self.tr(
                "Share of the abnormal images above a threshold (up) against that of the normal "
                "ones (right), for each threshold; AUC is the area below, 0.5 by chance"
            )
        )
        self._render_mark()

    def _render_mark(self) -> None:
        outliers = self._outliers
        data = None if outliers.found is None else outliers.found.data
        if data is None or data.labels is None or outliers.abnormal is None:
            self._roc.set_threshold(None)
            return
        positive = np.asarray(data.labels[outliers.order] == outliers.abnormal)
        above = positive[: outliers.num_above]
        negatives = len(positive) - int(positive.sum())
        if outliers.score == "both" or not negatives or negatives == len(positive):
            self._roc.set_threshold(None)
            return
        hits = int(above.sum())
        self._roc.set_threshold(
            ((len(above) - hits) / negatives, hits / (len(positive) - negatives))
        )
