/** Version of the package; a house test holds it against package.json. */
export const VERSION = "0.1.0";
/** Grows whenever simulated numbers change; see the section *Model* of CHANGELOG.md. */
export const MODEL = 5;
