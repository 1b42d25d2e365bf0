"""The parts of the view that shows pictures before they are used."""
