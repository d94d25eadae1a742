// The chains that `megadev chain --viem` printed, used by viem's op-stack extension as they are.
import { createPublicClient, createWalletClient, http, parseEther } from 'viem'
import {
  getL2TransactionHashes, publicActionsL1, publicActionsL2, walletActionsL1,
} from 'viem/op-stack'
import { l1, l2 } from './chains.mjs'

const publicL1 = createPublicClient({ chain: l1, transport: http() }).extend(publicActionsL1())
const publicL2 = createPublicClient({ chain: l2, transport: http() }).extend(publicActionsL2())
const [account] = await publicL1.request({ method: 'eth_accounts' })
const walletL1 = createWalletClient({ account, chain: l1, transport: http() }).extend(walletActionsL1())

const chainIds = [await publicL1.getChainId(), await publicL2.getChainId()]
const { major } = await publicL1.getPortalVersion({ targetChain: l2 })
const games = await publicL1.getGames({ targetChain: l2 })
const args = await publicL2.buildDepositTransaction({ account, mint: parseEther('1'), to: account })
const hash = await walletL1.depositTransaction(args)
const receipt = await publicL1.waitForTransactionReceipt({ hash })
const hashes = getL2TransactionHashes({ logs: receipt.logs })
console.log(JSON.stringify({ chainIds, portalVersion: major, games: games.length, hashes: hashes.length }))
