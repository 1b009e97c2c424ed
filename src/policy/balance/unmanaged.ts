/**
 * Policies that move nobody: what the others are measured against.
 *
 *   npa     no power management: every host draws its full power all the time
 *   dvfs    power follows load, hosts without VMs are off
 *   static  power follows load, hosts without VMs idle
 *
 * Source: facts §10. Cost: none.
 */
import type { BalancePolicy, PowerUse } from "./policy.ts";

const still = (name: string, power: PowerUse): BalancePolicy => ({ name, power, decide: () => [] });

/** No power management at all. */
export const noPowerManagement = (): BalancePolicy => still("npa", "full");

/** Clocks and volts follow load; nobody moves. */
export const followLoad = (): BalancePolicy => still("dvfs", "off-when-empty");

/** Everybody stays where they are. */
export const stayPut = (): BalancePolicy => still("static", "idle");
