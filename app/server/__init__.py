"""uvicorn, with what a chat service needs: a drain that lets finish what runs while sockets are still open, and
connections whose readers cannot make the server hold much for them, or hold it for long.
"""

from app.server.configuration import configuration
from app.server.draining import Server
from app.server.supervised import SupervisedServer

__all__ = ["Server", "SupervisedServer", "configuration"]
