// against a sequencer that keeps its promises
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_evidence","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"brokenPromises":[],"equivocations":[],"voidMiniBlocks":[]}}
