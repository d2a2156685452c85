"""The core's third door: an OpenAI-compatible API over HTTP, for programs. Off until someone turns it on."""
