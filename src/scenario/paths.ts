/** File paths without Node, for scenarios that are read in browsers too. */

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

/**
 * Joins a path to a folder and takes `.` and `..` out.
 *
 * @param base  a folder; empty: none
 * @param path  relative to it, or absolute
 */
export function joinPath(base: string, path: string): string {
  const whole = isAbsolute(path) || base === "" ? path : `${base}/${path}`;
  const root = /^([A-Za-z]:)?[/\\]*/.exec(whole)![0];
  const steps: string[] = [];
  for (const step of whole.slice(root.length).split(/[/\\]+/)) {
    if (step === ".." && steps.length > 0 && steps[steps.length - 1] !== "..") steps.pop();
    else if (step !== "" && step !== "." && !(step === ".." && root !== "")) steps.push(step);
  }
  return root + steps.join(root.includes("\\") ? "\\" : "/");
}

/** The last step of a path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
