"""The three tables of a service of this kind."""

from django.db import models


class Client(models.Model):
    phone = models.BigIntegerField(unique=True)
    operator_code = models.CharField(max_length=3, db_index=True)
    tag = models.CharField(max_length=64, db_index=True)
    timezone = models.CharField(max_length=64)


class Mailing(models.Model):
    text = models.TextField()
    tag = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()


class Message(models.Model):
    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="messages")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="messages")
    status = models.CharField(max_length=16, default="new", db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
