"""The registry: consents, refusals, and their proof, without web, carriers and templates."""
