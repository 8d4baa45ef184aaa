"""Pure rules that more than one service needs: local time, and the ids of messages."""
