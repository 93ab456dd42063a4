"""What Parley adds to `/v1/chat/completions` when it stands in front of an upstream, beside the LiteLLM proxy."""
