// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAnchorStateRegistry, IDisputeGame, OutputRootProof} from "./Interfaces.sol";
import {recoverSigner} from "./Signatures.sol";
import {cumulativeGas, decodeHeader, encodeNumber, Header, lookUp} from "./Tries.sol";

interface IProvenGame is IDisputeGame {
    function prover() external view returns (address);
}

/// Holds what sequencers put up for their word, and takes it when one is shown to have broken it: by two signatures that
/// contradict each other, or by one that contradicts the L2 chain.
///
/// A sequencer signs promises about single transactions (EIP-712, as "megadev preconfirmation" version 1 has them) and
/// mini-blocks (their digest, without a prefix). What the L2 chain is, is told by an output root: of a game that has
/// won, is final, and was *proven*; a claim that merely nobody challenged is not enough, or who makes one could slash a
/// sequencer that kept its word. From the claim's block down to the block in question lead the headers.
///
/// A sequencer's word holds as long as the L1 block is on L1 that the L2 block in question follows: where L1 was
/// reorganised, L2 blocks go that nobody lied about. Which L1 block that is the sequencer signs along with each promise and
/// mini-block, and here it must still be there. L1 remembers the hashes of its last 8191 blocks (EIP-2935); what shall
/// count for longer is written down in time (rememberL1Block).
///
/// Half of a bond goes to who showed it, the other half is burnt, so that nobody gains by reporting themselves. Gas: each
/// transaction of a block uses some, so that the gas used up to a receipt tells its place in the block.
contract PreconfirmationSlasher {
    struct Preconfirmation {
        uint256 blockNumber;
        uint256 miniBlockNumber;
        uint256 transactionIndex;
        bytes32 transactionHash;
        bytes32 receiptHash;
    }

    struct MiniBlock {
        uint256 blockNumber;
        uint256 blockTimestamp;
        uint256 index;
        uint256 number;
        uint256 timestamp;
        uint256 gasUsed;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
    }

    /// A signature, and the L1 block that it depends on, with the signature of that.
    struct Word {
        bytes signature;
        uint256 l1BlockNumber;
        bytes32 l1BlockHash;
        bytes originSignature;
    }

    /// Something in a trie that is keyed by places: what stands at `index`, or that nothing does.
    struct Entry {
        uint256 index;
        bytes[] proof;
    }

    /// That a transaction of a mini-block is not at its place in L2's block. The place is told by the gas used up to it:
    /// `before` is the last receipt of the block with less (not asked for where `here` is the block's first), `here` the
    /// next one, or that there is none. Where `here` is the receipt that the mini-block has, the transactions differ.
    struct Misplaced {
        Entry heldReceipt;
        bytes[] heldTransaction;
        Entry before;
        Entry here;
        bytes[] transaction;
    }

    IAnchorStateRegistry public anchorStateRegistry; // slot 0
    uint256 public l2ChainId; // slot 1
    uint256 public withdrawalDelay; // slot 2; seconds that a bond stays after its sequencer wants it back
    mapping(address => uint256) public bondOf; // slot 3
    mapping(address => uint256) public withdrawableAt; // slot 4; zero while nobody wants it back
    mapping(address => bool) public isSlashed; // slot 5
    mapping(uint256 => bytes32) public blockHashOf; // slot 6; of L2 blocks that were shown to be final
    mapping(uint256 => bytes32) public rememberedL1BlockHash; // slot 7

    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId)");
    bytes32 private constant PRECONFIRMATION = keccak256(
        "Preconfirmation(uint256 blockNumber,uint256 miniBlockNumber,uint256 transactionIndex,bytes32 transactionHash,bytes32 receiptHash)"
    );
    bytes32 private constant L1_ORIGIN = keccak256("L1Origin(bytes32 promised,uint256 l1BlockNumber,bytes32 l1BlockHash)");
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935; // EIP-2935
    address private constant BURNT = 0x000000000000000000000000000000000000dEaD;

    event Bonded(address indexed sequencer, uint256 amount);
    event WithdrawalRequested(address indexed sequencer, uint256 withdrawableAt);
    event Withdrawn(address indexed sequencer, address indexed to, uint256 amount);
    event BlockProven(uint256 indexed number, bytes32 blockHash);
    event L1BlockRemembered(uint256 indexed number, bytes32 blockHash);
    event Slashed(address indexed sequencer, address indexed reporter, uint256 amount, bytes32 evidence);

    error AlreadySlashed();
    error NoBond();
    error NotYetWithdrawable();
    error TransferFailed();
    error ClaimNotProven();
    error ClaimNotFinal();
    error WrongOutputRoot();
    error WrongHeader();
    error BlockNotProven();
    error DifferentSigners();
    error NoContradiction();
    error UnknownL1Block();
    error OriginNotOnL1();

    function version() external pure returns (string memory) {
        return "2.0.0";
    }

    // ---- bonds

    receive() external payable {
        deposit(msg.sender);
    }

    function deposit(address sequencer) public payable {
        if (isSlashed[sequencer]) revert AlreadySlashed();
        bondOf[sequencer] += msg.value;
        withdrawableAt[sequencer] = 0;
        emit Bonded(sequencer, msg.value);
    }

    function requestWithdrawal() external {
        if (bondOf[msg.sender] == 0) revert NoBond();
        withdrawableAt[msg.sender] = block.timestamp + withdrawalDelay;
        emit WithdrawalRequested(msg.sender, withdrawableAt[msg.sender]);
    }

    function withdraw(address to) external {
        uint256 amount = bondOf[msg.sender];
        if (amount == 0) revert NoBond();
        if (withdrawableAt[msg.sender] == 0 || block.timestamp < withdrawableAt[msg.sender]) revert NotYetWithdrawable();
        bondOf[msg.sender] = 0;
        withdrawableAt[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        _pay(to, amount);
    }

    // ---- what L2 is

    /// Show the hash of an L2 block: `headers` lead from the one that the game at `gameIndex` claims down to it.
    function proveBlock(uint256 gameIndex, OutputRootProof calldata outputRootProof, bytes[] calldata headers) external {
        (,, IDisputeGame game) = anchorStateRegistry.disputeGameFactory().gameAtIndex(gameIndex);
        if (IProvenGame(address(game)).prover() == address(0)) revert ClaimNotProven();
        if (!anchorStateRegistry.isGameClaimValid(game)) revert ClaimNotFinal();
        if (keccak256(abi.encode(outputRootProof)) != game.rootClaim()) revert WrongOutputRoot();
        _descend(outputRootProof.latestBlockhash, headers);
    }

    /// Go on from a block that was shown: `headers` lead from it down to another.
    function proveEarlierBlock(uint256 number, bytes[] calldata headers) external {
        if (blockHashOf[number] == 0) revert BlockNotProven();
        _descend(blockHashOf[number], headers);
    }

    function _descend(bytes32 blockHash, bytes[] calldata headers) private {
        Header memory header;
        bytes32 next = blockHash;
        for (uint256 i = 0; i < headers.length; ++i) {
            blockHash = next;
            if (keccak256(headers[i]) != blockHash) revert WrongHeader();
            header = decodeHeader(headers[i]);
            next = header.parentHash;
        }
        if (headers.length == 0) revert WrongHeader();
        blockHashOf[header.number] = blockHash;
        emit BlockProven(header.number, blockHash);
    }

    // ---- what contradicts what

    /// Two promises: about one transaction, but not the same; or about two at one place.
    function slashPromises(
        Preconfirmation calldata first,
        Word calldata firstWord,
        Preconfirmation calldata second,
        Word calldata secondWord
    ) external {
        bytes32 digest = promiseDigest(first);
        bytes32 other = promiseDigest(second);
        address sequencer = _sameSigner(digest, firstWord, other, secondWord);
        bool ofOneTransaction = first.transactionHash == second.transactionHash && digest != other;
        bool ofOnePlace = first.blockNumber == second.blockNumber && first.transactionIndex == second.transactionIndex
            && first.transactionHash != second.transactionHash;
        if (!ofOneTransaction && !ofOnePlace) revert NoContradiction();
        _slash(sequencer, digest);
    }

    /// Two mini-blocks with one number, or at one place of one block.
    function slashMiniBlocks(
        MiniBlock calldata first,
        Word calldata firstWord,
        MiniBlock calldata second,
        Word calldata secondWord
    ) external {
        bytes32 digest = miniBlockDigest(first);
        bytes32 other = miniBlockDigest(second);
        address sequencer = _sameSigner(digest, firstWord, other, secondWord);
        bool ofOnePlace = first.number == second.number
            || (first.blockNumber == second.blockNumber && first.index == second.index);
        if (!ofOnePlace || digest == other) revert NoContradiction();
        _slash(sequencer, digest);
    }

    /// A promise and a mini-block: the one that was promised is of another block, or has the transaction with another
    /// receipt. `transaction` and `receipt` stand at one place of it; both are empty in the first case.
    function slashPromiseAndMiniBlock(
        Preconfirmation calldata promised,
        Word calldata promiseWord,
        MiniBlock calldata miniBlock,
        Word calldata miniBlockWord,
        Entry calldata transaction,
        Entry calldata receipt
    ) external {
        bytes32 digest = promiseDigest(promised);
        address sequencer = _sameSigner(digest, promiseWord, miniBlockDigest(miniBlock), miniBlockWord);
        bool isOfAnotherBlock =
            promised.miniBlockNumber == miniBlock.number && promised.blockNumber != miniBlock.blockNumber;
        if (!isOfAnotherBlock) {
            bytes memory held = _at(transaction, miniBlock.transactionRoot);
            if (
                transaction.index != receipt.index || keccak256(held) != promised.transactionHash
                    || keccak256(_at(receipt, miniBlock.receiptRoot)) == promised.receiptHash
            ) revert NoContradiction();
        }
        _slash(sequencer, digest);
    }

    /// A promise that L2 does not keep: at the promised place of the block stands another transaction, or another
    /// receipt, or nothing. `entry` is of the trie of receipts if `isReceipt`, else of that of transactions.
    function slashBrokenPromise(
        Preconfirmation calldata promised,
        Word calldata word,
        bytes calldata encodedHeader,
        bytes[] calldata proof,
        bool isReceipt
    ) external {
        bytes32 digest = promiseDigest(promised);
        Header memory header = _provenHeader(promised.blockNumber, encodedHeader);
        bytes memory held = lookUp(
            encodeNumber(promised.transactionIndex), proof, isReceipt ? header.receiptsRoot : header.transactionsRoot
        );
        if (keccak256(held) == (isReceipt ? promised.receiptHash : promised.transactionHash)) revert NoContradiction();
        _slash(_signer(digest, word), digest);
    }

    /// A mini-block whose time is not that of its block on L2.
    function slashMiniBlockTime(MiniBlock calldata miniBlock, Word calldata word, bytes calldata encodedHeader)
        external
    {
        bytes32 digest = miniBlockDigest(miniBlock);
        if (_provenHeader(miniBlock.blockNumber, encodedHeader).timestamp == miniBlock.blockTimestamp) {
            revert NoContradiction();
        }
        _slash(_signer(digest, word), digest);
    }

    /// A mini-block with a transaction that L2's block does not have at its place.
    function slashBrokenMiniBlock(
        MiniBlock calldata miniBlock,
        Word calldata word,
        bytes calldata encodedHeader,
        Misplaced calldata evidence
    ) external {
        bytes32 digest = miniBlockDigest(miniBlock);
        _checkMisplaced(miniBlock, _provenHeader(miniBlock.blockNumber, encodedHeader), evidence);
        _slash(_signer(digest, word), digest);
    }

    function _checkMisplaced(MiniBlock calldata miniBlock, Header memory header, Misplaced calldata evidence)
        private
        pure
    {
        bytes memory promised = _at(evidence.heldReceipt, miniBlock.receiptRoot);
        if (promised.length == 0) revert NoContradiction();
        uint256 gas = cumulativeGas(promised);
        if (evidence.here.index != 0) {
            if (evidence.before.index + 1 != evidence.here.index) revert NoContradiction();
            bytes memory earlier = _at(evidence.before, header.receiptsRoot);
            if (earlier.length == 0 || cumulativeGas(earlier) >= gas) revert NoContradiction();
        }
        bytes memory found = _at(evidence.here, header.receiptsRoot);
        if (found.length != 0 && cumulativeGas(found) < gas) revert NoContradiction();
        if (keccak256(found) != keccak256(promised)) return;
        bytes memory said =
            lookUp(encodeNumber(evidence.heldReceipt.index), evidence.heldTransaction, miniBlock.transactionRoot);
        bytes memory there = lookUp(encodeNumber(evidence.here.index), evidence.transaction, header.transactionsRoot);
        if (keccak256(said) == keccak256(there)) revert NoContradiction();
    }

    // ---- what is signed

    function promiseDigest(Preconfirmation calldata promised) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(PRECONFIRMATION, promised)));
    }

    /// keccak256 of the RLP of a mini-block's fields.
    function miniBlockDigest(MiniBlock calldata miniBlock) public pure returns (bytes32) {
        bytes memory fields = abi.encodePacked(
            encodeNumber(miniBlock.blockNumber), encodeNumber(miniBlock.blockTimestamp), encodeNumber(miniBlock.index)
        );
        fields = abi.encodePacked(
            fields,
            encodeNumber(miniBlock.number),
            encodeNumber(miniBlock.timestamp),
            encodeNumber(miniBlock.gasUsed)
        );
        fields = abi.encodePacked(fields, hex"a0", miniBlock.transactionRoot, hex"a0", miniBlock.receiptRoot);
        return keccak256(
            fields.length < 256
                ? abi.encodePacked(hex"f8", uint8(fields.length), fields)
                : abi.encodePacked(hex"f9", uint16(fields.length), fields)
        );
    }

    /// What is signed of the L1 block that a promise or mini-block with this digest depends on.
    function originDigest(bytes32 promised, uint256 l1BlockNumber, bytes32 l1BlockHash) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(L1_ORIGIN, promised, l1BlockNumber, l1BlockHash)));
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPE, keccak256("megadev preconfirmation"), keccak256("1"), l2ChainId));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// Who signed `digest`, and that it depends on an L1 block that is on L1.
    function _signer(bytes32 digest, Word calldata word) private view returns (address signer) {
        signer = recoverSigner(digest, word.signature);
        bytes32 origin = originDigest(digest, word.l1BlockNumber, word.l1BlockHash);
        if (signer != recoverSigner(origin, word.originSignature)) revert DifferentSigners();
        if (l1BlockHash(word.l1BlockNumber) != word.l1BlockHash) revert OriginNotOnL1();
    }

    function _sameSigner(bytes32 first, Word calldata firstWord, bytes32 second, Word calldata secondWord)
        private
        view
        returns (address signer)
    {
        signer = _signer(first, firstWord);
        if (signer != _signer(second, secondWord)) revert DifferentSigners();
    }

    // ---- what L1 is

    /// The hash of an L1 block before this one; zero where L1 does not know it any more.
    function l1BlockHash(uint256 number) public view returns (bytes32 found) {
        found = rememberedL1BlockHash[number];
        if (found == 0) found = blockhash(number);
        if (found == 0 && number < block.number) {
            (bool known, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
            if (known && answer.length == 32) found = abi.decode(answer, (bytes32));
        }
    }

    /// Write down the hash of an L1 block, before L1 forgets it.
    function rememberL1Block(uint256 number) external {
        bytes32 found = l1BlockHash(number);
        if (found == 0) revert UnknownL1Block();
        rememberedL1BlockHash[number] = found;
        emit L1BlockRemembered(number, found);
    }

    function _provenHeader(uint256 number, bytes calldata encoded) private view returns (Header memory) {
        if (blockHashOf[number] == 0) revert BlockNotProven();
        if (keccak256(encoded) != blockHashOf[number]) revert WrongHeader();
        return decodeHeader(encoded);
    }

    function _at(Entry calldata entry, bytes32 root) private pure returns (bytes memory) {
        return lookUp(encodeNumber(entry.index), entry.proof, root);
    }

    function _slash(address sequencer, bytes32 evidence) private {
        uint256 amount = bondOf[sequencer];
        if (sequencer == address(0) || amount == 0) revert NoBond();
        bondOf[sequencer] = 0;
        withdrawableAt[sequencer] = 0;
        isSlashed[sequencer] = true;
        emit Slashed(sequencer, msg.sender, amount, evidence);
        _pay(BURNT, amount - amount / 2);
        _pay(msg.sender, amount / 2);
    }

    function _pay(address to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert TransferFailed();
    }
}
