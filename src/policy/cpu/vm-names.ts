/** VMs as options name them: `web` is the VM of that name, and every VM of the group `web`: web-1, web-2 … */

/** Whether an option's name means this VM. */
export function means(option: string, vmName: string): boolean {
  return (
    vmName === option || (vmName.startsWith(`${option}-`) && /^\d+$/.test(vmName.slice(option.length + 1)))
  );
}

/** Index of the first name in a list that means a VM; −1: none does. */
export function placeIn(names: readonly string[], vmName: string): number {
  return names.findIndex((name) => means(name, vmName));
}
