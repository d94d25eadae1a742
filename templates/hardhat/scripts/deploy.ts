// Deploys the counter and uses it: `megadev exec -- npx hardhat run scripts/deploy.ts`.

import { network } from "hardhat";

const { viem } = await network.create();
const counter = await viem.deployContract("Counter", [5n]);
await counter.write.increment();
console.log(`Counter is at ${counter.address} and says ${await counter.read.number()}`);
