"""The device bridge (设备桥): card reader, PIN pad and printers of one PC."""

__version__ = "0.1.0"
