"""Exits with 0 when the service in this container is ready."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["CARILLON_PORT"]), timeout=4)
connection.request("GET", "/health/ready")
sys.exit(connection.getresponse().status != http.client.OK)
