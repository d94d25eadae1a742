; SPDX-License-Identifier: MIT
;
; The deterministic CREATE2 deployer: anyone may deploy at an address that depends only on a salt and the creation code.
;
;   calldata   32-byte salt ++ creation code; the call's value goes to the new contract
;   returns    exactly 20 bytes: the address of the contract (EIP-1014: keccak256(0xff ++ this ++ salt ++ keccak256(code))[12:])
;   reverts    without data, when calldata holds no whole salt or when the creation fails
;
; Assembled by build.py: one instruction per line, "NAME:" marks a JUMPDEST, "@NAME" is its offset in one byte.
; Comments show the stack after each line, top on the left.

    PUSH1 0x20
    CALLDATASIZE
    LT                  ; is the salt cut short?
    PUSH1 @refuse
    JUMPI

    PUSH1 0x00
    CALLDATALOAD        ; salt
    PUSH1 0x20
    CALLDATASIZE
    SUB                 ; size, salt
    DUP1
    PUSH1 0x20
    PUSH1 0x00          ; 0, 32, size, size, salt
    CALLDATACOPY        ; size, salt            memory[0:size] = creation code
    PUSH1 0x00
    CALLVALUE           ; value, 0, size, salt
    CREATE2             ; address or 0
    DUP1
    ISZERO
    PUSH1 @refuse
    JUMPI

    PUSH1 0x00
    MSTORE              ; memory[12:32] = address
    PUSH1 0x14
    PUSH1 0x0c
    RETURN

refuse:
    PUSH1 0x00
    PUSH1 0x00
    REVERT
