# What an installation consists of; packaging/debian divides it into packages.
include(GNUInstallDirs)
set(TOCSIN_UNIT_DIR lib/systemd/system CACHE STRING "where systemd's units go")

install(TARGETS tocsin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ingest/decoders/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tocsin/decoders FILES_MATCHING PATTERN "*.yaml")
install(DIRECTORY rules/packs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tocsin/rules FILES_MATCHING PATTERN "*.yml")
install(DIRECTORY rules/mappings/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tocsin/mappings FILES_MATCHING PATTERN "*.yml" PATTERN "*.yaml")

# Where the program looks for them, wherever it is itself.
install(FILES packaging/etc/tocsin.yaml DESTINATION /etc/tocsin)
foreach(folder conf.d rules.d decoders.d lists.d mappings.d)
  install(DIRECTORY DESTINATION /etc/tocsin/${folder})
endforeach()

file(GLOB units packaging/systemd/*.service packaging/systemd/*.socket)
install(FILES ${units} DESTINATION ${TOCSIN_UNIT_DIR})
install(FILES packaging/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME tocsin.conf)
install(FILES packaging/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME tocsin.conf)

install(FILES packaging/tocsin.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY packaging/examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
file(GLOB pages docs/*.md CHANGELOG.md)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/reference DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY packaging/dashboards packaging/alerts DESTINATION ${CMAKE_INSTALL_DATADIR}/tocsin
  FILES_MATCHING PATTERN "*.json" PATTERN "*.yml" PATTERN "*.yaml" PATTERN "*_test.yml" EXCLUDE)

# The program writes its own manual pages and completions.
install(CODE "
  execute_process(COMMAND \"$<TARGET_FILE:tocsin>\" docs --install \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\"
    COMMAND_ERROR_IS_FATAL ANY)")
