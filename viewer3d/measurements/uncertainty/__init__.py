"""How sure numbers are: expanded uncertainties of measurements, and the digits that they leave."""
