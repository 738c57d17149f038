"""An invented registry to try İzin with: brands and people that do not exist, three years of history."""
