/** How the names of files end that a configuration is made of, the first choice first. */
export const FILE_ENDINGS = ['.yaml', '.yml', '.toml', '.json', '.md'] as const;
