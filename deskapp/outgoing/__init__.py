"""What leaves the house: letters, signed calls, and facts to a drafter. It knows no tables and no pages."""
