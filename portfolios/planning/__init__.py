"""The planning engine: projections, risk levels, returns, drift and policy content.

Pure: imports neither Django nor Celery, reads no clock and no network. Percentages are fractions
(0.05 is five per cent) unless a name says `percent`; money is dollars.
"""
