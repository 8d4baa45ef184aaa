"""The JSON of tags."""

from pydantic import BaseModel, ConfigDict

from services.api.domain.tags import Tag
from services.api.entrypoints.http.clients_models import TagName
from services.api.entrypoints.http.common import Body, Instant


class TagBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "vip"}]})

    name: TagName


class TagView(BaseModel):
    name: str
    created_at: Instant

    @classmethod
    def of(cls, tag: Tag) -> "TagView":
        return cls(name=tag.name, created_at=tag.created_at)


class CountedTagView(TagView):
    clients: int
