"""What connects alerts with Home Assistant: causes, people, texts, timers."""
