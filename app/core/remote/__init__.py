"""Models on the company's own servers, spoken to as OpenAI's API is."""
