"""The task prompts, one file for each style. A checkpoint's manifest names the PROMPT_VERSION it was trained on.

Every change of wording or of a tag is a new PROMPT_VERSION: a checkpoint that speaks another one is refused at
start-up.
"""

PROMPT_VERSION = 1
