"""Whether a connection is read on."""

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """The server's flow control, which does not read on while something is held, whoever asks."""

    is_held = False

    def hold(self) -> None:
        """Stop reading until ``release``."""
        self.is_held = True
        self.pause_reading()

    def release(self) -> None:
        """Read on."""
        self.is_held = False
        self.resume_reading()

    def resume_reading(self) -> None:
        """Read on unless something is held."""
        if not self.is_held:
            super().resume_reading()
