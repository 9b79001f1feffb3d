-- The stages of every version of the store's definition: journeys name the version they were counted by.
ALTER TABLE store_state
  ADD COLUMN IF NOT EXISTS `versions.version` Array(UInt32) COMMENT 'Versions of the definition',
  ADD COLUMN IF NOT EXISTS `versions.stages` Array(Array(String)) COMMENT 'Of each of them: its stages, in order'
