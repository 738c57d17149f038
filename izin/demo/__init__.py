"""An invented registry to try İzin with: brands that do not exist, people who are nobody, three years of history."""
