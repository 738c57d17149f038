"""Mailman 3 and İzin: who joins a newsletter consents, who leaves it refuses, and the other way round."""
