"""Many values sealed or indexed on end come out as each one by itself would."""

from organisation.sealing import blind_index, indexer, sealer, unseal


def test_a_sealer_seals_what_opens_again_and_never_twice_alike():
    seal = sealer(column="x")
    one, other = seal("马小龙"), seal("马小龙")
    assert one != other
    assert unseal(one, column="x") == unseal(other, column="x") == "马小龙"


def test_an_indexer_gives_the_blind_index_and_none_for_nothing():
    index_of = indexer(column="x")
    assert index_of("52050220130401271X") == blind_index("52050220130401271X", column="x")
    assert index_of("") is None
