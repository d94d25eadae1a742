def test_it(mine, travel, w3, l2):
    assert mine() == 1 and mine(4) == 5 and l2.chain.head.number == 5
    began = w3.eth.get_block("latest")["timestamp"]
    mine(2, seconds=100)
    assert w3.eth.get_block("latest")["timestamp"] == w3.eth.get_block(6)["timestamp"] + 100
    now = travel(86_400)
    assert now >= began + 86_400 and travel(to=now + 5) == now + 5
    with pytest.raises(TypeError):
        travel()
