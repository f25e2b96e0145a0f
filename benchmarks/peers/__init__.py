"""Other engines on the same instances, one thread each, every answer judged by `dispatch.check`."""
