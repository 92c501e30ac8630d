"""The "Ultimate SMS" software, which TextioPro and other sites run."""
