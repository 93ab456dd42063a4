"""Records and their relations: written, nested, found, counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


async def titles(db: Any, **arguments: Any) -> list[str]:
    return [post.title for post in await db.post.find_many(**arguments)]


@pytest.fixture
async def five_posts(db: Any) -> Any:
    for number in range(1, 6):
        await db.post.create(data={"title": f"post {number}", "views": number % 3})
    return db


async def test_nested_create_writes_every_level_and_include_reads_it_back(db: Any, every_type: Any) -> None:
    user = await db.user.create(
        data={
            "email": "ada@example.org",
            "settings": every_type.Json({"theme": "dark"}),
            "profile": {"create": {"bio": "first"}},
            "posts": {
                "create": [
                    {"title": "one", "extra": every_type.Json("text"), "categories": {"create": [{"name": "a"}]}},
                    {
                        "title": "two",
                        "categories": {"connect_or_create": [{"where": {"name": "a"}, "create": {"name": "a"}}]},
                    },
                ]
            },
        },
        include={"profile": True, "posts": {"include": {"categories": True}, "order_by": {"title": "asc"}}},
    )
    assert user.settings == {"theme": "dark"}
    assert user.profile.bio == "first"
    assert [post.title for post in user.posts] == ["one", "two"]
    assert user.posts[0].extra == "text"
    assert [category.id for post in user.posts for category in post.categories] == [1, 1]


async def test_nested_update_reaches_related_records(db: Any, every_type: Any) -> None:
    user = await db.user.create(
        data={
            "email": "ada@example.org",
            "profile": {"create": {"bio": "first"}},
            "posts": {"create": [{"title": "one"}, {"title": "two"}, {"title": "three"}]},
        },
        include={"posts": True},
    )
    one, two, three = (post.id for post in user.posts)
    user = await db.user.update(
        where={"id": user.id},
        data={
            "age": {"increment": 3},
            "profile": {"update": {"bio": "second"}},
            "posts": {
                "update": [{"where": {"id": one}, "data": {"title": "ONE", "extra": every_type.Json({"n": 1})}}],
                "disconnect": [{"id": two}],
                "delete": [{"id": three}],
                "create": [{"title": "four"}],
            },
        },
        include={"profile": True, "posts": {"order_by": {"id": "asc"}}},
    )
    assert user is not None
    assert user.age == 3
    assert user.profile.bio == "second"
    assert [(post.title, post.extra) for post in user.posts] == [("ONE", {"n": 1}), ("four", None)]
    assert (await db.post.find_unique(where={"id": two})).author_id is None
    assert await db.post.find_unique(where={"id": three}) is None


async def test_relations_can_be_set_connected_and_upserted(db: Any) -> None:
    for name in ("a", "b", "c"):
        await db.category.create(data={"name": name})
    post = await db.post.create(
        data={"title": "one", "categories": {"connect": [{"name": "a"}, {"name": "b"}]}}, include={"categories": True}
    )
    assert [category.name for category in post.categories] == ["a", "b"]
    post = await db.post.update(
        where={"id": post.id},
        data={"categories": {"set": [{"name": "c"}]}, "author": {"create": {"email": "ada@example.org"}}},
        include={"categories": True, "author": True},
    )
    assert [category.name for category in post.categories] == ["c"]
    assert post.author.email == "ada@example.org"
    for bio in ("made", "changed"):
        user = await db.user.update(
            where={"email": "ada@example.org"},
            data={"profile": {"upsert": {"create": {"bio": bio}, "update": {"bio": bio}}}},
            include={"profile": True},
        )
        assert user.profile.bio == bio
    answer = await db.post.create(data={"title": "re: one", "parent": {"connect": {"id": post.id}}})
    found = await db.post.find_unique(where={"id": post.id}, include={"answers": True})
    assert [child.id for child in found.answers] == [answer.id]


async def test_upsert_creates_then_updates(db: Any) -> None:
    for age in (1, 2):
        user = await db.user.upsert(
            where={"email": "ada@example.org"},
            data={"create": {"email": "ada@example.org", "age": 1}, "update": {"age": {"increment": 1}}},
        )
        assert (user.id, user.age) == (1, age)


async def test_concurrent_upserts_make_one_record(db: Any, every_type: Any) -> None:
    async def upsert() -> int:
        data = {"create": {"email": "ada@example.org"}, "update": {"age": {"increment": 1}}}
        return int((await db.user.upsert(where={"email": "ada@example.org"}, data=data)).id)

    assert len(set(await asyncio.gather(*(upsert() for _ in range(20))))) == 1
    assert (await db.user.find_first()).age == 19


async def test_many_records_are_created_updated_and_deleted_at_once(db: Any) -> None:
    people = [{"email": f"{number}@example.org", "age": number} for number in range(10)]
    assert await db.user.create_many(data=people) == 10
    assert await db.user.create_many(data=people, skip_duplicates=True) == 0
    assert await db.user.update_many(where={"age": {"lt": 5}}, data={"name": "young"}) == 5
    assert await db.user.delete_many(where={"name": "young"}) == 5
    assert await db.user.count() == 5
    assert (await db.user.delete(where={"email": "9@example.org"})).age == 9
    assert await db.user.delete(where={"email": "9@example.org"}) is None
    assert await db.user.update(where={"email": "9@example.org"}, data={"age": 1}) is None


async def test_compound_keys_and_mapped_tables_work(db: Any) -> None:
    await db.pair.create(data={"left": 1, "right": 2, "note": "a"})
    key = {"left_right": {"left": 1, "right": 2}}
    assert (await db.pair.update(where=key, data={"note": "b"})).note == "b"
    assert (await db.pair.find_unique(where=key)).note == "b"
    assert await db.pair.find_unique(where={"left_right": {"left": 2, "right": 1}}) is None


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"title": "post 1"}, [1]),
        ({"title": {"equals": "post 1"}}, [1]),
        ({"title": {"not": "post 1"}}, [2, 3, 4, 5]),
        ({"title": {"in": ["post 1", "post 4"]}}, [1, 4]),
        ({"title": {"not_in": ["post 1", "post 4"]}}, [2, 3, 5]),
        ({"title": {"contains": "ost 2"}}, [2]),
        ({"title": {"startswith": "post"}}, [1, 2, 3, 4, 5]),
        ({"title": {"endswith": "3"}}, [3]),
        ({"title": {"contains": "POST 5", "mode": "insensitive"}}, [5]),
        ({"id": {"lt": 3}}, [1, 2]),
        ({"id": {"lte": 3}}, [1, 2, 3]),
        ({"id": {"gt": 3}}, [4, 5]),
        ({"id": {"gte": 3}}, [3, 4, 5]),
        ({"id": {"in": []}}, []),
        ({"AND": [{"id": {"gt": 1}}, {"id": {"lt": 4}}]}, [2, 3]),
        ({"OR": [{"id": 1}, {"title": "post 5"}]}, [1, 5]),
        ({"NOT": [{"id": 1}, {"id": 2}]}, [3, 4, 5]),
        ({"OR": [{"AND": [{"id": 1}, {"views": 1}]}, {"NOT": [{"id": {"lt": 5}}]}]}, [1, 5]),
        ({"author_id": None}, [1, 2, 3, 4, 5]),
        ({"author_id": {"not": None}}, []),
    ],
    ids=str,
)
async def test_filter_finds(five_posts: Any, where: dict[str, Any], found: list[int]) -> None:
    posts = await five_posts.post.find_many(where=where, order={"id": "asc"})
    assert [post.id for post in posts] == found


async def test_relations_can_be_filtered(db: Any) -> None:
    for name, views in (("ada", [1, 9]), ("bob", [1]), ("cyd", [])):
        posts = [{"title": f"by {name}", "views": count} for count in views]
        await db.user.create(data={"email": name, "posts": {"create": posts}, "profile": {"create": {"bio": name}}})

    async def found(where: dict[str, Any]) -> list[str]:
        return [user.email for user in await db.user.find_many(where=where, order={"email": "asc"})]

    assert await found({"posts": {"some": {"views": {"gt": 5}}}}) == ["ada"]
    assert await found({"posts": {"every": {"views": 1}}}) == ["bob", "cyd"]
    assert await found({"posts": {"none": {}}}) == ["cyd"]
    assert await found({"profile": {"is": {"bio": "bob"}}}) == ["bob"]
    assert await found({"profile": {"is_not": {"bio": "bob"}}}) == ["ada", "cyd"]
    assert await db.post.count(where={"author": {"is": {"profile": {"is": {"bio": "ada"}}}}}) == 2


async def test_pages_and_cursors_walk_through_all_records(five_posts: Any) -> None:
    db = five_posts
    assert await titles(db, take=2, skip=1, order={"id": "asc"}) == ["post 2", "post 3"]
    assert await titles(db, take=-2, order={"id": "asc"}) == ["post 4", "post 5"]
    assert await titles(db, take=2, cursor={"id": 2}, order={"id": "asc"}) == ["post 2", "post 3"]
    assert await titles(db, take=2, skip=1, cursor={"id": 2}, order={"id": "asc"}) == ["post 3", "post 4"]
    assert await titles(db, take=-2, skip=1, cursor={"id": 4}, order={"id": "asc"}) == ["post 2", "post 3"]
    assert await titles(db, order=[{"views": "desc"}, {"id": "asc"}]) == [
        "post 2",
        "post 5",
        "post 1",
        "post 4",
        "post 3",
    ]
    assert [post.views for post in await db.post.find_many(distinct=["views"], order={"views": "asc"})] == [0, 1, 2]


async def test_records_are_counted_and_grouped(five_posts: Any) -> None:
    db = five_posts
    assert await db.post.count() == 5
    assert await db.post.count(take=3) == 3
    assert await db.post.count(select={"_all": True, "author_id": True}) == {"_all": 5, "author_id": 0}
    groups = await db.post.group_by(
        by=["views"],
        count={"_all": True},
        sum={"id": True},
        avg={"id": True},
        min={"title": True},
        max={"title": True},
        order={"views": "asc"},
        having={"views": {"gt": 0}},
    )
    assert [(group["views"], group["_count"]["_all"], group["_sum"]["id"]) for group in groups] == [
        (1, 2, 5),
        (2, 2, 7),
    ]
    assert [group["_avg"]["id"] for group in groups] == [2.5, 3.5]
    assert [(group["_min"]["title"], group["_max"]["title"]) for group in groups] == [
        ("post 1", "post 4"),
        ("post 2", "post 5"),
    ]


async def test_finding_or_raising_tells_what_was_not_found(five_posts: Any, every_type: Any) -> None:
    db = five_posts
    assert (await db.post.find_unique_or_raise(where={"id": 1})).title == "post 1"
    assert (await db.post.find_first_or_raise(where={"title": "post 2"})).id == 2
    for find in (db.post.find_unique_or_raise, db.post.find_first_or_raise):
        with pytest.raises(every_type.errors.RecordNotFoundError):
            await find(where={"id": 99})


async def test_batch_is_done_together(db: Any) -> None:
    async with db.batch_() as batch:
        batch.user.create({"email": "a"})
        batch.user.create({"email": "b"})
        batch.user.update_many(where={}, data={"age": 7})
        batch.execute_raw('UPDATE "User" SET name = $1', "raw")
    assert [(user.email, user.age, user.name) for user in await db.user.find_many()] == [
        ("a", 7, "raw"),
        ("b", 7, "raw"),
    ]


async def test_batch_with_an_error_leaves_nothing_behind(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.UniqueViolationError):
        async with db.batch_() as batch:
            batch.user.create({"email": "a"})
            batch.user.create({"email": "a"})
    assert await db.user.count() == 0


async def test_batch_within_a_transaction_raises_its_error_and_leaves_nothing_behind(db: Any, every_type: Any) -> None:
    with pytest.raises(every_type.errors.UniqueViolationError):
        async with db.tx() as tx:
            await tx.user.create(data={"email": "a"})
            async with tx.batch_() as batch:
                batch.user.create({"email": "b"})
                batch.user.create({"email": "a"})
    assert await db.user.count() == 0
