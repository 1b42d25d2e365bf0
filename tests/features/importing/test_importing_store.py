"""The store of an import: what belongs together changes together, and nothing old stays."""

from __future__ import annotations

from fake_import import SKIPPED, examples_of, images_of, survey_of

from latentlab.data.pictures.import_messages import ExamplesTreated, ImportFailed, ImportProgress
from latentlab.features.importing.store import Importing
from latentlab.images.treatment import TreatmentOptions
from latentlab.models.family.estimate import train_estimate
from latentlab.models.family.train_spec import TrainSpec

OPTIONS = TreatmentOptions()


def full() -> Importing:
    model = Importing()
    model.begin("pets folder")
    model.set_survey(survey_of(OPTIONS))
    model.set_examples(examples_of(OPTIONS))
    model.add_skipped(SKIPPED)
    spec = TrainSpec()
    model.set_proposal(spec, train_estimate(spec, (10, 12, 3), 40, 1.0))
    return model


def test_it_goes_from_searching_to_reading_to_done() -> None:
    model = Importing()
    assert (model.status, model.title) == ("idle", "")
    model.begin("pets folder")
    assert (model.status, model.title) == ("scanning", "pets folder")
    model.set_progress(ImportProgress("scanning", 3, 0, 0, 1.0))
    assert model.status == "scanning"
    model.set_survey(survey_of(OPTIONS))
    assert (model.status, model.title) == ("packing", "pets")
    data = images_of(OPTIONS)
    model.finish(data)
    assert model.status == "done" and model.result is data
    model.end()
    assert (model.status, model.title, model.result) == ("idle", "", None)


def test_nothing_of_one_import_is_left_for_the_next() -> None:
    model = full()
    model.set_options(TreatmentOptions(width=9))
    model.set_wish("train")
    model.fail(ImportFailed("no"))
    model.begin("other")
    assert (model.survey, model.examples, model.progress, model.proposal) == (None,) * 4
    assert (model.estimate, model.result, model.failure) == (None,) * 3
    assert (list(model.skipped), model.options, model.wish) == ([], OPTIONS, "")


def test_whoever_listens_never_sees_a_result_that_is_gone() -> None:
    model = full()
    seen: list[bool] = []

    def look() -> None:
        seen.append((model.status == "done") == (model.result is not None))

    for signal in (
        model.statusChanged,
        model.progressChanged,
        model.surveyChanged,
        model.optionsChanged,
        model.examplesChanged,
        model.skippedChanged,
        model.proposalChanged,
        model.wishChanged,
    ):
        signal.connect(look)
    for end in (model.restart_packing, model.end):
        model.finish(images_of(OPTIONS))
        end()
        model.begin("again")
        model.set_survey(survey_of(OPTIONS))
        model.add_skipped(SKIPPED)
    assert seen and all(seen)


def test_other_options_keep_what_was_seen_and_drop_what_was_read() -> None:
    model = full()
    model.finish(images_of(OPTIONS))
    model.set_wish("train")
    model.restart_packing()
    assert model.status == "packing" and model.result is None
    assert model.survey is not None and model.examples is not None
    assert (list(model.skipped), model.wish) == ([], "")


def test_other_options_before_anything_was_found_still_search() -> None:
    model = Importing()
    model.begin("pets")
    model.restart_packing()
    assert model.status == "scanning"


def test_originals_stay_where_only_the_treatment_changed() -> None:
    model = full()
    before = model.examples
    assert before is not None
    model.set_examples(ExamplesTreated(before.treatment, before.names, before.images + 1))
    assert model.examples is not None and model.examples.originals is before.originals
    model.set_examples(ExamplesTreated(before.treatment, ("other",), before.images[:1]))
    assert model.examples.originals == ()


def test_no_signal_without_a_change() -> None:
    model = full()
    count = 0

    def note() -> None:
        nonlocal count
        count += 1

    for signal in (model.optionsChanged, model.wishChanged, model.skippedChanged):
        signal.connect(note)
    model.set_options(TreatmentOptions())
    model.set_wish("")
    model.add_skipped(())
    assert model.proposal is not None and model.estimate is not None
    model.proposalChanged.connect(note)
    model.set_proposal(model.proposal, model.estimate)
    assert count == 0
